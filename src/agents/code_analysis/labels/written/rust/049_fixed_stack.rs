use std::mem::MaybeUninit;

pub struct FixedStack<T, const N: usize> {
    slots: [MaybeUninit<T>; N],
    len: usize,
}

impl<T, const N: usize> FixedStack<T, N> {
    pub fn new() -> Self {
        Self {
            slots: std::array::from_fn(|_| MaybeUninit::uninit()),
            len: 0,
        }
    }

    pub fn push(&mut self, value: T) -> Result<(), T> {
        match self.slots.get_mut(self.len) {
            Some(slot) => {
                slot.write(value);
                self.len += 1;
                Ok(())
            }
            None => Err(value),
        }
    }

    pub fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        Some(unsafe { self.slots[self.len].assume_init_read() })
    }

    pub fn as_slice(&self) -> &[T] {
        unsafe { std::slice::from_raw_parts(self.slots.as_ptr().cast::<T>(), self.len) }
    }
}

impl<T, const N: usize> Drop for FixedStack<T, N> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}
