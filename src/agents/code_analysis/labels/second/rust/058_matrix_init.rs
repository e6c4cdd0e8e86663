use std::mem::{ManuallyDrop, MaybeUninit};
use std::thread;

pub const LANES: usize = 16;

pub struct LaneSet<T> {
    lanes: [T; LANES],
}

struct Guard<'a, T> {
    slots: &'a mut [MaybeUninit<T>; LANES],
    ready: usize,
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        for slot in &mut self.slots[..self.ready] {
            unsafe { slot.assume_init_drop() };
        }
    }
}

impl<T> LaneSet<T> {
    pub fn build<E>(mut make: impl FnMut(usize) -> Result<T, E>) -> Result<Self, E> {
        let mut slots: [MaybeUninit<T>; LANES] = [const { MaybeUninit::uninit() }; LANES];
        let mut guard = Guard { slots: &mut slots, ready: 0 };
        while guard.ready < LANES {
            let value = make(guard.ready)?;
            guard.slots[guard.ready].write(value);
            guard.ready += 1;
        }
        let _ = ManuallyDrop::new(guard);
        let lanes = unsafe { slots.as_ptr().cast::<[T; LANES]>().read() };
        Ok(LaneSet { lanes })
    }

    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.lanes.iter()
    }
}

pub fn parse_lanes(line: &str) -> Result<LaneSet<i64>, String> {
    let mut words = line.split_whitespace();
    LaneSet::build(|i| {
        let word = words.next().ok_or_else(|| format!("lane {i} is missing"))?;
        word.parse::<i64>().map_err(|e| format!("lane {i}: {e}"))
    })
}

pub fn sums(lines: &[String]) -> Vec<Result<i64, String>> {
    thread::scope(|s| {
        let handles: Vec<_> = lines
            .iter()
            .take(64)
            .map(|l| s.spawn(move || parse_lanes(l).map(|set| set.iter().fold(0i64, |a, v| a.wrapping_add(*v)))))
            .collect();
        handles
            .into_iter()
            .map(|h| h.join().unwrap_or_else(|_| Err("worker failed".into())))
            .collect()
    })
}

fn main() {
    let lines: Vec<String> = std::io::stdin().lines().map_while(Result::ok).take(64).collect();
    for (i, r) in sums(&lines).into_iter().enumerate() {
        match r {
            Ok(v) => println!("{i}: {v}"),
            Err(e) => eprintln!("{i}: {e}"),
        }
    }
}
