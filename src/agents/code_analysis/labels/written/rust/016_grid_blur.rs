pub struct Grid {
    width: usize,
    height: usize,
    cells: Box<[f32]>,
}

impl Grid {
    pub fn new(width: usize, height: usize) -> Option<Self> {
        let n = width.checked_mul(height)?;
        if n > 1 << 26 {
            return None;
        }
        Some(Self { width, height, cells: vec![0.0; n].into_boxed_slice() })
    }

    pub fn set(&mut self, x: usize, y: usize, v: f32) -> bool {
        if x >= self.width || y >= self.height {
            return false;
        }
        self.cells[y * self.width + x] = v;
        true
    }

    pub fn blur_row(&mut self, y: usize) {
        if y >= self.height || self.width < 3 {
            return;
        }
        let start = y * self.width;
        let row = &mut self.cells[start..start + self.width];
        let mut prev = row[0];
        for x in 1..row.len() - 1 {
            let (here, next) = unsafe { (*row.get_unchecked(x), *row.get_unchecked(x + 1)) };
            let mean = (prev + here + next) / 3.0;
            unsafe { *row.get_unchecked_mut(x) = mean };
            prev = here;
        }
    }
}
