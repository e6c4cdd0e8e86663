pub struct Ring<T> {
    slots: Vec<T>,
    head: usize,
}

impl<T: Copy + Default> Ring<T> {
    pub fn with_capacity(n: usize) -> Self {
        Self {
            slots: vec![T::default(); n],
            head: 0,
        }
    }

    pub fn push(&mut self, value: T) {
        let n = self.slots.len();
        self.slots[self.head % n] = value;
        self.head = self.head.wrapping_add(1);
    }

    pub fn recent(&self, back: usize) -> T {
        let at = self.head.wrapping_sub(back + 1);
        unsafe { *self.slots.get_unchecked(at) }
    }

    pub fn window(&self, from: usize, len: usize) -> &[T] {
        unsafe { std::slice::from_raw_parts(self.slots.as_ptr().add(from), len) }
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }
}
