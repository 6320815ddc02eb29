/** Until when something must be done, on a clock that nobody sets. */

/** A moment of the monotonic clock. Everything that one read does shares one, or a part of it. */
export class Deadline {
  readonly #at: number;

  private constructor(at: number) {
    this.#at = at;
  }

  /** So many milliseconds from now. */
  static in(ms: number): Deadline {
    return new Deadline(performance.now() + ms);
  }

  /** Milliseconds that are left; 0 when it is over. */
  get left(): number {
    return Math.max(0, this.#at - performance.now());
  }

  /** A deadline at an n-th of what is left. */
  share(n: number): Deadline {
    return Deadline.in(this.left / n);
  }
}
