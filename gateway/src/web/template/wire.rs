//! A template as the console's API shows and takes it.

use serde::{Deserialize, Serialize};

use crate::ward::broadcast::{self as ward, TemplateView};
use crate::web::wire::instant;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTemplate {
    name: String,
    text: String,
    #[serde(default = "north")]
    voice: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Template {
    id: String,
    name: String,
    text: String,
    voice: String,
    /// What is to be filled in, in the order of the text.
    places: Vec<String>,
    edited_by: String,
    edited_at: String,
}

fn north() -> String {
    "north".to_owned()
}

impl From<NewTemplate> for ward::NewTemplate {
    fn from(new: NewTemplate) -> Self {
        let NewTemplate { name, text, voice } = new;
        Self { name, text, voice }
    }
}

impl From<TemplateView> for Template {
    fn from(view: TemplateView) -> Self {
        let TemplateView { id, name, text, voice, places, edited_by, edited_at } = view;
        let (edited_by, edited_at) = (edited_by.to_string(), instant(edited_at));
        Self { id: id.to_string(), name, text, voice, places, edited_by, edited_at }
    }
}
