//! CPU time of things done over and over, taken in turn, so that a noisy neighbour hits both sides of a ratio alike.

use rustix::time::{ClockId, clock_gettime};

const ROUNDS: usize = 61;
const ROUND_NS: f64 = 4e6; // of each work in each round
const WARM_NS: f64 = 2e8;

/// Something to do; it is called with 0, 1, 2, …
pub type Work<'w> = (&'static str, Box<dyn FnMut(usize) + 'w>);

/// Prints one JSON line a work: nanoseconds of CPU that one call takes, as the median of rounds of about 4 ms.
///
/// `ratio` is the median over rounds of the ratio to the first work, which is the `baseline` of the others.
pub fn print(works: Vec<Work<'_>>) {
    let mut runs: Vec<Run<'_>> = works.into_iter().map(Run::warm).collect();
    for _ in 0..ROUNDS {
        runs.iter_mut().for_each(Run::round);
    }
    let (name, ns) = (runs[0].name, median(&runs[0].samples));
    println!(r#"{{"name":"{name}","ns":{ns:.1},"baseline":null}}"#);
    for run in &runs[1..] {
        let ratios: Vec<f64> = run.samples.iter().zip(&runs[0].samples).map(|(one, base)| one / base).collect();
        let (ns, ratio) = (median(&run.samples), median(&ratios));
        println!(r#"{{"name":"{}","ns":{ns:.1},"baseline":"{name}","ratio":{ratio:.3}}}"#, run.name);
    }
}

struct Run<'w> {
    name: &'static str,
    work: Box<dyn FnMut(usize) + 'w>,
    calls: usize,
    done: usize,
    samples: Vec<f64>,
}

impl<'w> Run<'w> {
    fn warm((name, work): Work<'w>) -> Self {
        let mut run = Run { name, work, calls: 0, done: 0, samples: Vec::with_capacity(ROUNDS) };
        let begun = cpu_ns();
        while cpu_ns() - begun < WARM_NS {
            run.call(16);
        }
        run.calls = ((run.done as f64 * ROUND_NS / WARM_NS) as usize).max(1);
        run
    }

    fn round(&mut self) {
        let begun = cpu_ns();
        self.call(self.calls);
        self.samples.push((cpu_ns() - begun) / self.calls as f64);
    }

    fn call(&mut self, times: usize) {
        for _ in 0..times {
            (self.work)(self.done);
            self.done += 1;
        }
    }
}

/// Nanoseconds of CPU of this thread.
pub fn cpu_ns() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// The middle one.
pub fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
