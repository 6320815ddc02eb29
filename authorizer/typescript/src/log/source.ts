/** Where records come from. */

/** One record as the log holds it. `headers` are hints: unsigned, they never decide. */
export interface LogRecord {
  readonly offset: number;
  readonly value: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * What one read gave: records in order, where to go on, whether that is the end of the log.
 *
 * `rewound` says that the asked offset is not on this log (truncated or recreated): these records start at its
 * beginning.
 */
export interface Batch {
  readonly records: readonly LogRecord[];
  readonly nextOffset: number;
  readonly atEnd: boolean;
  readonly rewound: boolean;
}

/** The log could not be read in time. It says nothing about what the log holds. */
export class LogUnavailable extends Error {}

/** Reads one log by offset; holds no position of its own. */
export interface RevisionSource {
  /** Read from `offset`, at most `timeoutMs`. Rejects with `LogUnavailable`, and with nothing else. */
  read(offset: number, timeoutMs: number): Promise<Batch>;
  /** Let go of connections and files. */
  close(): Promise<void>;
}
