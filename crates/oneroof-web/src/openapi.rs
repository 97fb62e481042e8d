//! The description of the API, made from the views themselves.

use utoipa::IntoParams;
use utoipa::openapi::path::{OperationBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{
    ContentBuilder, HttpMethod, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem,
    PathsBuilder, ResponseBuilder, Type,
};

use crate::view::{API, View};

/// Collects the operations.
pub(crate) struct Description {
    paths: PathsBuilder,
}

fn json(what: &str) -> utoipa::openapi::Content {
    ContentBuilder::new()
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::Object)
                .description(Some(what))
                .build(),
        ))
        .build()
}

fn operation(summary: &str) -> OperationBuilder {
    let answer = |what: &str| {
        ResponseBuilder::new()
            .description(what)
            .content("application/json", json(what))
            .build()
    };
    let problem = "what is wrong: `error` with kind, code, message, reasons, causes and hint";
    OperationBuilder::new()
        .summary(Some(summary))
        .response("200", answer(summary))
        .response("default", answer(problem))
}

impl Description {
    pub(crate) fn new() -> Description {
        Description {
            paths: PathsBuilder::new(),
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
        let operation = operation(V::SUMMARY).parameters(Some(parameters)).build();
        self.add(path, PathItem::new(HttpMethod::Get, operation));
    }

    /// Adds the console, which is asked with a body.
    pub(crate) fn add_console(&mut self) {
        let text = || ObjectBuilder::new().schema_type(Type::String).build();
        let asked = ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("target", text())
            .property("sql", text())
            .required("sql")
            .build();
        let body = RequestBodyBuilder::new()
            .content(
                "application/json",
                ContentBuilder::new().schema(Some(asked)).build(),
            )
            .build();
        let operation =
            operation("The rows of one statement that only reads, or why it was refused")
                .request_body(Some(body))
                .build();
        self.add(
            &format!("{API}/query"),
            PathItem::new(HttpMethod::Post, operation),
        );
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
        OpenApiBuilder::new().info(info).paths(self.paths).build()
    }
}
