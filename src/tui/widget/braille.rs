//! A canvas of braille dots, two across and four down in each cell.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Dots to be, each cell with the layer that owns its colour.
#[derive(Clone, Debug)]
pub struct Canvas {
    width: u16,
    height: u16,
    cells: Vec<(u8, u8)>,
}

impl Canvas {
    /// An empty canvas for an area.
    pub fn new(area: Rect) -> Self {
        Self {
            width: area.width,
            height: area.height,
            cells: vec![(0, 0); usize::from(area.width) * usize::from(area.height)],
        }
    }

    /// Dots across.
    pub fn dots_across(&self) -> u16 {
        self.width.saturating_mul(2)
    }

    /// Dots down.
    pub fn dots_down(&self) -> u16 {
        self.height.saturating_mul(4)
    }

    /// Sets a dot, `y` from the top. The cell takes the colour of the highest layer in it.
    pub fn dot(&mut self, x: u16, y: u16, layer: u8) {
        if x >= self.dots_across() || y >= self.dots_down() {
            return;
        }
        let index = usize::from(y / 4) * usize::from(self.width) + usize::from(x / 2);
        let bit = match (x % 2, y % 4) {
            (0, 3) => 0x40,
            (_, 3) => 0x80,
            (0, down) => 1 << down,
            (_, down) => 8 << down,
        };
        let (dots, owner) = &mut self.cells[index];
        *dots |= bit;
        *owner = (*owner).max(layer);
    }

    /// Sets the dots of column `x` from `from` to `to`, both included.
    pub fn upright(&mut self, x: u16, from: u16, to: u16, layer: u8) {
        for y in from.min(to)..=from.max(to) {
            self.dot(x, y, layer);
        }
    }

    /// Puts the dots on the buffer; cells without a dot are left as they are, backgrounds stay.
    pub fn paint(&self, area: Rect, buf: &mut Buffer, styles: &[Style]) {
        for (index, (dots, layer)) in self.cells.iter().enumerate() {
            if *dots == 0 {
                continue;
            }
            let x = area.x + (index % usize::from(self.width)) as u16;
            let y = area.y + (index / usize::from(self.width)) as u16;
            let Some(cell) = buf.cell_mut((x, y)) else {
                continue;
            };
            let symbol = char::from_u32(0x2800 + u32::from(*dots)).unwrap_or(' ');
            let style = styles.get(usize::from(*layer)).copied().unwrap_or_default();
            cell.set_char(symbol).set_style(style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_dots_fill_a_cell() {
        let area = Rect::new(0, 0, 2, 1);
        let mut canvas = Canvas::new(area);
        canvas.upright(0, 0, 3, 0);
        canvas.upright(1, 0, 3, 0);
        canvas.dot(2, 3, 0);
        canvas.dot(9, 9, 0);
        let mut buf = Buffer::empty(area);
        canvas.paint(area, &mut buf, &[]);
        assert_eq!(buf, Buffer::with_lines(["⣿⡀"]));
    }
}
