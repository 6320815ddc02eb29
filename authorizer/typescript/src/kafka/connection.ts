/** One connection to a broker: one request under way, each within a deadline; whatever goes wrong ends it. */

import type { Socket } from 'node:net';
import { Unreadable } from './bytes.ts';
import { answerIn, type Call, type Endpoint, requestOf, responseLength } from './calls.ts';
import type { Deadline } from './deadline.ts';

/** The broker did not answer, or not in time. It says nothing about the log. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Takes a response when its bytes are there, or what ended the connection. */
interface Waiting {
  readonly limit: number;
  readonly resolve: (response: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** A socket that is connected. Unused it keeps no process alive. */
export class Connection {
  readonly endpoint: Endpoint;
  /** Until when the broker takes requests, in ms of the wall clock; it is set by the authentication. */
  expires = Number.POSITIVE_INFINITY;
  readonly #socket: Socket;
  #correlationId = 0;
  #chunks: Buffer[] = [];
  #size = 0;
  #length: number | null = null;
  #waiting: Waiting | null = null;

  constructor(endpoint: Endpoint, socket: Socket) {
    this.endpoint = endpoint;
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#end(new NoAnswer(error.message)));
    socket.on('close', () => this.#end(new NoAnswer('the broker closed the connection')));
    socket.unref();
  }

  /** Whether it can be asked: open, and with no request under way. */
  get isIdle(): boolean {
    return !this.#socket.destroyed && this.#waiting === null && this.#size === 0;
  }

  /** Ask, and wait for the answer. Rejects with `NoAnswer` or `Unreadable`; the connection is then closed. */
  async exchange<T>(call: Call<T>, deadline: Deadline): Promise<T> {
    if (!this.isIdle) throw new NoAnswer('the connection is closed, or in use');
    this.#correlationId += 1;
    const response = this.#response(call.limit, deadline);
    this.#socket.write(requestOf(call, this.#correlationId));
    try {
      return answerIn(call, this.#correlationId, await response);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** End it at once, without waiting for anything. */
  close(): void {
    this.#end(new NoAnswer('the connection was given up'));
  }

  async #response(limit: number, deadline: Deadline): Promise<Buffer> {
    let timer: NodeJS.Timeout | undefined;
    this.#socket.ref();
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting = { limit, resolve, reject };
        timer = setTimeout(() => this.#end(new NoAnswer('the broker did not answer in time')), deadline.left);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting = null;
      this.#socket.unref();
    }
  }

  /** Bytes came. Without a request they are nobody's, and the connection is of no more use. */
  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    try {
      if (this.#waiting === null) throw new Unreadable('bytes that nobody asked for');
      const data = this.#collected(this.#waiting.limit);
      if (data !== null) this.#waiting.resolve(data);
    } catch (error) {
      this.#end(error instanceof Error ? error : new Unreadable('a response that is none'));
    }
  }

  /** The response once it is whole; chunks are put together only then. */
  #collected(limit: number): Buffer | null {
    this.#length ??= responseLength(Buffer.concat(this.#chunks, Math.min(4, this.#size)), limit);
    if (this.#length === null || this.#size < 4 + this.#length) return null;
    if (this.#size > 4 + this.#length) throw new Unreadable('bytes behind a response');
    const data = Buffer.concat(this.#chunks).subarray(4);
    [this.#chunks, this.#size, this.#length] = [[], 0, null];
    return data;
  }

  #end(error: Error): void {
    this.#chunks = [];
    this.#socket.destroy();
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}
