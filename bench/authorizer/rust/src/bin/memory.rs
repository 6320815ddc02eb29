//! Heap that a follower's policy takes, beside the bytes of the values that it was read from.
//!
//! `memory WORKLOAD` prints one JSON object: `name`, `bytes`, and the `baseline` in bytes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use authorizer::view::View;
use authorizer_bench::workload::Workload;

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counting what is live.
struct Counting;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let given = Workload::read();
    let source = given.source_bytes();
    let before = LIVE.load(Ordering::Relaxed);
    let held = View::build(&given.gateway, &given.entities(), given.position);
    let bytes = LIVE.load(Ordering::Relaxed) - before;
    drop(held);
    println!(
        r#"{{"name":"policy in memory","bytes":{bytes},"baseline":"source JSON","baseline_bytes":{source},"ratio":{:.3}}}"#,
        bytes as f64 / source as f64
    );
}
