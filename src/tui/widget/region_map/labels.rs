//! Labels beside dots, none over another, none over a dot.

use ratatui::layout::{Position, Rect};

use crate::tui::widget::pen;

/// The cells of a map that labels and dots take.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    map: Rect,
    taken: Vec<Rect>,
}

impl Labels {
    /// A map with its dots.
    pub(super) fn new(map: Rect, dots: impl Iterator<Item = Position>) -> Self {
        let taken = dots.map(|dot| Rect::new(dot.x, dot.y, 1, 1)).collect();
        Self { map, taken }
    }

    /// The longest of some texts that fits beside a dot, and where; its cells are taken then.
    pub(super) fn find<'t>(&mut self, dot: Position, texts: &'t [String]) -> Option<(Rect, &'t str)> {
        for text in texts {
            let wide = pen::width(text);
            let right = dot.x + 2;
            let left = dot.x.checked_sub(wide + 1);
            let middle = dot.x.saturating_sub(wide / 2);
            let places = [
                (Some(right), Some(dot.y)),
                (left, Some(dot.y)),
                (Some(middle), dot.y.checked_sub(1)),
                (Some(middle), Some(dot.y + 1)),
                (Some(dot.x), dot.y.checked_sub(1)),
                (Some(dot.x), Some(dot.y + 1)),
                (dot.x.checked_sub(wide), dot.y.checked_sub(1)),
                (dot.x.checked_sub(wide), Some(dot.y + 1)),
            ];
            for (x, y) in places {
                let (Some(x), Some(y)) = (x, y) else {
                    continue;
                };
                let place = Rect::new(x, y, wide, 1);
                if self.is_free(place) {
                    self.taken.push(place);
                    return Some((place, text));
                }
            }
        }
        None
    }

    fn is_free(&self, place: Rect) -> bool {
        let inside = place.intersection(self.map) == place;
        // A column of air at each side, so that two labels never read as one.
        let wide = Rect {
            x: place.x.saturating_sub(1),
            width: place.width + 2,
            ..place
        };
        inside
            && self
                .taken
                .iter()
                .all(|other| !other.intersects(wide) || !other.intersects(place) && other.width == 1)
    }
}
