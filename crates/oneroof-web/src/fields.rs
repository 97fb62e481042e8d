//! The fields of a form, as browsers send them: in the words of an address, or in parts, if there is a file among
//! them.

use axum::body::Bytes;
use axum::extract::FromRequest as _;
use axum::extract::{Form, Request};
use axum::http::{HeaderMap, header};
use axum::response::Response;

use crate::layout::{self, Frame};
use crate::problem::Problem;

/// A form that was sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a form.
    ///
    /// # Errors
    /// What is no form, or no text.
    pub(crate) async fn read(headers: &HeaderMap, body: Bytes) -> Result<Fields, Problem> {
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let read = match multer::parse_boundary(kind) {
            Ok(boundary) => parts(&boundary, body).await,
            Err(_) => words(kind, body).await,
        };
        read.map(Fields).map_err(|error| {
            Problem::input(format!("cannot understand the form: {error}"))
                .hint("begin again from the page")
        })
    }

    /// Reads a form of a page about a target, and makes the frame of its answer.
    ///
    /// # Errors
    /// The page that says what is wrong with the form.
    pub(crate) async fn of_page(
        headers: &HeaderMap,
        body: Bytes,
        frame: impl FnOnce(&str) -> Frame,
    ) -> Result<(Fields, Frame), Response> {
        let fields = Fields::read(headers, body)
            .await
            .map_err(|problem| layout::problem(&Frame::nowhere(), &problem))?;
        let frame = frame(fields.get("target"));
        Ok((fields, frame))
    }

    /// What a field says; nothing if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value)
    }
}

async fn words(kind: &str, body: Bytes) -> Result<Vec<(String, String)>, String> {
    let request = Request::post("/")
        .header(header::CONTENT_TYPE, kind)
        .body(body.into())
        .map_err(|error| error.to_string())?;
    match Form::<Vec<(String, String)>>::from_request(request, &()).await {
        Ok(Form(fields)) => Ok(fields),
        Err(rejection) => Err(rejection.body_text()),
    }
}

async fn parts(boundary: &str, body: Bytes) -> Result<Vec<(String, String)>, String> {
    let body = futures_util::stream::once(async { Ok::<_, std::convert::Infallible>(body) });
    let mut form = multer::Multipart::new(body, boundary);
    let mut fields = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| error.to_string())? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|error| error.to_string())?;
        let value =
            String::from_utf8(bytes.to_vec()).map_err(|_| format!("`{name}` is no text"))?;
        fields.push((name, value));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(kind: &str, body: &'static str) -> Result<Fields, Problem> {
        let mut headers = HeaderMap::new();
        let _ = headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        Fields::read(&headers, Bytes::from(body)).await
    }

    #[tokio::test]
    async fn both_kinds_of_forms_are_read() {
        let words = read("application/x-www-form-urlencoded", "a=1+2&b=%C3%A9&a=3")
            .await
            .unwrap();
        assert_eq!(
            (words.get("a"), words.get("b"), words.get("c")),
            ("1 2", "é", "")
        );
        let body = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\n2\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.sig\"\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN\n\r\n--x--\r\n";
        let parts = read("multipart/form-data; boundary=x", body).await.unwrap();
        assert_eq!(
            (parts.get("a"), parts.get("file")),
            ("1\n2", "-----BEGIN\n")
        );
        assert!(read("text/plain", "a=1").await.is_err());
        assert!(
            read("multipart/form-data; boundary=x", "--x\r\nnothing")
                .await
                .is_err()
        );
    }
}
