//! The description of the API, made from the views themselves: what can be asked, and the shape of each answer, which
//! is derived from the very type that is written.

use std::collections::BTreeMap;

use oneroof_engine::readonly::QueryReport;
use utoipa::openapi::path::{OperationBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{
    ComponentsBuilder, Content, ContentBuilder, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder,
    PathItem, PathsBuilder, Ref, RefOr, ResponseBuilder, Schema,
};
use utoipa::{IntoParams as _, ToSchema};

use crate::pages::console::Asked;
use crate::problem::ProblemAnswer;
use crate::view::{API, View};

/// Collects the operations, and the shapes that they speak of.
pub(crate) struct Description {
    paths: PathsBuilder,
    /// By name, as often as one is met.
    shapes: Vec<(String, RefOr<Schema>)>,
}

impl Description {
    pub(crate) fn new() -> Description {
        Description {
            paths: PathsBuilder::new(),
            shapes: Vec::new(),
        }
    }

    /// Adds the twin of a view.
    pub(crate) fn add_view<V: View>(&mut self, path: &str) {
        let in_path = |name: &str| path.contains(&format!("{{{name}}}"));
        let parameters = V::Ask::into_params(|| Some(ParameterIn::Query));
        let parameters = parameters.into_iter().map(|mut parameter| {
            if in_path(&parameter.name) {
                parameter.parameter_in = ParameterIn::Path;
                parameter.required = utoipa::openapi::Required::True;
            }
            parameter
        });
        let operation = self.operation::<V>(V::SUMMARY).parameters(Some(parameters));
        self.add(path, PathItem::new(HttpMethod::Get, operation));
    }

    /// Adds the console, which is asked with a body.
    pub(crate) fn add_console(&mut self) {
        let asked = self.json::<Asked>();
        let body = RequestBodyBuilder::new().content("application/json", asked);
        let summary = "The rows of one statement that only reads, or why it was refused";
        let operation = self
            .operation::<QueryReport>(summary)
            .request_body(Some(body.build()));
        self.add(
            &format!("{API}/query"),
            PathItem::new(HttpMethod::Post, operation),
        );
    }

    /// An operation that answers so, or says what is wrong.
    fn operation<T: ToSchema>(&mut self, summary: &str) -> OperationBuilder {
        let answer = |what: &str, content| {
            ResponseBuilder::new()
                .description(what)
                .content("application/json", content)
                .build()
        };
        let (not_so, failed) = (
            "Why there is no answer: what was asked for is refused, unknown or not understood",
            "Why there is no answer: a database or we ourselves failed",
        );
        OperationBuilder::new()
            .summary(Some(summary))
            .response("200", answer(summary, self.json::<T>()))
            .response("4XX", answer(not_so, self.json::<ProblemAnswer>()))
            .response("5XX", answer(failed, self.json::<ProblemAnswer>()))
    }

    /// JSON of this shape.
    fn json<T: ToSchema>(&mut self) -> Content {
        self.shapes.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.shapes);
        ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(T::name())))
            .build()
    }

    fn add(&mut self, path: &str, item: PathItem) {
        let paths = std::mem::replace(&mut self.paths, PathsBuilder::new());
        self.paths = paths.path(path, item);
    }

    /// The document.
    pub(crate) fn document(self) -> OpenApi {
        let info = InfoBuilder::new()
            .title("oneroof")
            .version(env!("CARGO_PKG_VERSION"))
            .description(Some(
                "The twin of every page of the dashboard. Everything reads; nothing is changed.",
            ))
            .build();
        let shapes: BTreeMap<String, RefOr<Schema>> = self.shapes.into_iter().collect();
        OpenApiBuilder::new()
            .info(info)
            .paths(self.paths)
            .components(Some(
                ComponentsBuilder::new().schemas_from_iter(shapes).build(),
            ))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// Every `$ref` below a value.
    fn refs(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member) {
                        ("$ref", Value::String(to)) => {
                            let _ = found.insert(to.clone());
                        }
                        _ => refs(member, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| refs(item, found)),
            _ => {}
        }
    }

    #[test]
    fn a_name_stands_for_one_shape() {
        let mut known: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
        for (name, shape) in crate::routes::description().shapes {
            let other = known.insert(name.clone(), shape.clone());
            assert!(
                other.is_none_or(|other| other == shape),
                "two types are called {name}"
            );
        }
        assert!(known.len() > 70, "{}", known.len());
    }

    #[test]
    fn every_answer_has_a_shape_and_every_shape_is_there() {
        let document = serde_json::to_value(crate::routes::description().document()).unwrap();
        let shapes = document["components"]["schemas"].as_object().unwrap();
        let mut found = BTreeSet::new();
        refs(&document, &mut found);
        for to in &found {
            let name = to.strip_prefix("#/components/schemas/").unwrap();
            assert!(shapes.contains_key(name), "{to} leads nowhere");
        }
        for (path, item) in document["paths"].as_object().unwrap() {
            for operation in item.as_object().unwrap().values() {
                for (status, answer) in operation["responses"].as_object().unwrap() {
                    let schema = &answer["content"]["application/json"]["schema"];
                    assert!(schema["$ref"].is_string(), "{path} {status}: {schema}");
                }
            }
        }
        // A shape without a single member or type would let anything through.
        for (name, shape) in shapes {
            let says = ["type", "$ref", "oneOf", "anyOf", "allOf", "enum"];
            assert!(
                says.iter().any(|word| shape.get(word).is_some()),
                "{name}: {shape}"
            );
        }
    }
}
