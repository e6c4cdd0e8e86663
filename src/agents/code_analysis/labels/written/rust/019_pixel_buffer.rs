pub struct Canvas {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

impl Canvas {
    pub fn new(width: u32, height: u32) -> Self {
        let size = width.wrapping_mul(height).wrapping_mul(4) as usize;
        Self {
            width,
            height,
            data: vec![0; size],
        }
    }

    pub fn from_header(header: &[u8; 8]) -> Self {
        let w = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
        let h = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        Self::new(w, h)
    }

    pub fn put(&mut self, x: u32, y: u32, rgba: [u8; 4]) {
        if x >= self.width || y >= self.height {
            return;
        }
        let index = (y as usize * self.width as usize + x as usize) * 4;
        unsafe {
            let p = self.data.as_mut_ptr().add(index);
            std::ptr::copy_nonoverlapping(rgba.as_ptr(), p, 4);
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.data
    }
}
