//! Figures: a number with its name.

use maud::{Markup, html};

use super::badge::Tone;

/// One of them.
pub(crate) struct Figure {
    /// What it counts.
    pub(crate) name: &'static str,
    /// The number.
    pub(crate) number: String,
    /// What it means.
    pub(crate) tone: Tone,
}

impl Figure {
    /// A number without judgement.
    pub(crate) fn plain(name: &'static str, number: impl ToString) -> Figure {
        Figure {
            name,
            number: number.to_string(),
            tone: Tone::Quiet,
        }
    }

    /// A number that should be zero.
    pub(crate) fn zero_is_good(name: &'static str, number: u64) -> Figure {
        Figure {
            name,
            number: number.to_string(),
            tone: Tone::of_count(number),
        }
    }

    /// With another meaning.
    pub(crate) fn tone(self, tone: Tone) -> Figure {
        Figure { tone, ..self }
    }
}

/// A row of figures.
pub(crate) fn figures(figures: &[Figure]) -> Markup {
    html! {
        dl.figures {
            @for figure in figures {
                div.figure.(figure.tone.class()) {
                    dt { (figure.name) }
                    dd { (figure.number) }
                }
            }
        }
    }
}

/// Facts: a name and what is so, one below the other.
pub(crate) fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! {
        dl.facts {
            @for (name, fact) in facts {
                div { dt { (name) } dd { (fact) } }
            }
        }
    }
}
