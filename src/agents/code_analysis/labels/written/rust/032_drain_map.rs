use std::ptr;

pub struct Batch<T> {
    items: Vec<T>,
}

impl<T> Batch<T> {
    pub fn new(items: Vec<T>) -> Self {
        Self { items }
    }

    pub fn replace_each<F>(&mut self, mut f: F)
    where
        F: FnMut(T) -> T,
    {
        for slot in self.items.iter_mut() {
            unsafe {
                let old = ptr::read(slot);
                let new = f(old);
                ptr::write(slot, new);
            }
        }
    }

    pub fn retain_map<F>(&mut self, mut keep: F) -> usize
    where
        F: FnMut(&T) -> bool,
    {
        let before = self.items.len();
        self.items.retain(|v| keep(v));
        before - self.items.len()
    }

    pub fn into_inner(self) -> Vec<T> {
        self.items
    }
}
