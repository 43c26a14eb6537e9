//! `vong bulletin template`: the ward's texts with places to fill in.

use serde_json::{Value, json};

use super::client::Client;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// All of them, by name.
    List,
    /// Keep a new one, or one that exists with other words.
    Save {
        /// The one to change; without it a new one is made.
        #[arg(long)]
        id: Option<String>,
        #[arg(long)]
        name: String,
        /// The words, each place in braces: "Mời bà con họp lúc {giờ} ngày {ngày}."
        #[arg(long)]
        text: String,
        /// Who speaks it unless somebody says otherwise: north, central or south.
        #[arg(long, default_value = "north")]
        voice: String,
    },
    Remove {
        id: String,
    },
}

impl Action {
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<Value> {
        match self {
            Self::List => client.templates().await,
            Self::Save { id, name, text, voice } => {
                let body = json!({ "name": name, "text": text, "voice": voice });
                client.save_template(id.as_deref(), &body).await
            }
            Self::Remove { id } => client.remove_template(&id).await,
        }
    }
}

/// A value of `--fill`.
pub(super) fn filled(text: &str) -> Result<(String, String), String> {
    let (place, words) = text.split_once('=').ok_or("write it as PLACE=WORDS")?;
    Ok((place.trim().to_owned(), words.to_owned()))
}

/// `id  name  {place} {place}`.
pub(super) fn line(item: &Value) -> String {
    let text = |field: &str| item[field].as_str().unwrap_or("-").to_owned();
    let places = item["places"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let places: Vec<String> = places.map(|it| format!("{{{it}}}")).collect();
    format!("{}  {}  {}", text("id"), text("name"), places.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_and_its_words() {
        assert_eq!(filled("giờ=17h30=x"), Ok(("giờ".to_owned(), "17h30=x".to_owned())));
        assert!(filled("17h30").is_err());
        let item = json!({ "id": "7", "name": "Mời họp", "places": ["giờ", "ngày"] });
        assert_eq!(line(&item), "7  Mời họp  {giờ} {ngày}");
    }
}
