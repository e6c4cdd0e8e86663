use std::cell::UnsafeCell;
use std::sync::Arc;

pub struct Slot<T> {
    value: UnsafeCell<Option<T>>,
}

unsafe impl<T> Send for Slot<T> {}
unsafe impl<T> Sync for Slot<T> {}

impl<T> Slot<T> {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            value: UnsafeCell::new(None),
        })
    }

    pub fn set(&self, value: T) {
        unsafe {
            *self.value.get() = Some(value);
        }
    }

    pub fn take(&self) -> Option<T> {
        unsafe { (*self.value.get()).take() }
    }

    pub fn get(&self) -> Option<&T> {
        unsafe { (*self.value.get()).as_ref() }
    }
}
