// SPDX-License-Identifier: Apache-2.0
// Many requests of one operation in arrays, and their answers in arrays (src/batch.h says the layout, README.md shows it).
'use strict';

const check = require('./check.js');
const { ofStatus, rangeError, typeError } = require('./errors.js');

const SURROGATE = /[\ud800-\udfff]/;

// Grows by doubling as keys are written into it.
class Keys {
  #room = Buffer.allocUnsafe(4096);
  #used = 0;
  #ends = [0];

  add(field, key) {
    if (typeof key === 'string') this.#addText(field, key);
    else if (key instanceof Uint8Array) this.#addBytes(key);
    else if (key !== undefined) throw typeError(field(), `must be a string or a Uint8Array, not ${check.told(key)}`);
    this.#ends.push(this.#used);
  }

  #addText(field, text) {
    if (SURROGATE.test(text)) check.characters(field(), text); // seldom: the field's name is made for it
    this.#reserve(3 * text.length);
    this.#used += this.#room.write(text, this.#used, 'utf8');
  }

  #addBytes(bytes) {
    this.#reserve(bytes.length);
    this.#room.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  #reserve(bytes) {
    const needed = this.#used + bytes;
    if (needed <= this.#room.length) return;
    const room = Buffer.allocUnsafe(Math.max(needed, 2 * this.#room.length));
    room.set(this.#room);
    this.#room = room;
  }

  get bytes() {
    return this.#room.subarray(0, this.#used);
  }
  get offsets() {
    return Uint32Array.from(this.#ends);
  }
}

// Requests as arrays of values in declared order (of one value: the value alone), laid out. An undefined value is absent.
function pack(shape, requests, quantities) {
  const keys = new Keys();
  const repeats = shape.repeats === undefined ? undefined : new Uint32Array(check.list('requests', requests).length);
  check.list('requests', requests).forEach((given, i) => {
    const row = Array.isArray(given) ? given : [given];
    if (row.length !== shape.values.length) {
      throw rangeError(`requests[${i}]`, `must be ${shape.values.length} values: ${shape.values.join(', ')}; not ${row.length}`);
    }
    row.forEach((value, place) => {
      const field = () => `requests[${i}].${shape.values[place]}`;
      const many = place === shape.repeats && Array.isArray(value);
      if (place === shape.repeats) repeats[i] = many ? value.length : 1;
      if (many) value.forEach((each) => keys.add(field, each));
      else keys.add(field, value);
    });
  });
  return { keys: keys.bytes, offsets: keys.offsets, repeats, quantities: packed(shape, requests, quantities) };
}

function packed(shape, requests, quantities) {
  if (quantities === undefined) return undefined;
  check.list('quantities', quantities);
  if (quantities.length !== requests.length) {
    throw rangeError('quantities', `must be as many as there are requests: ${requests.length}, not ${quantities.length}`);
  }
  const numbers = new Float64Array(quantities.length * shape.quantities.length);
  quantities.forEach((given, i) => {
    check.record(`quantities[${i}]`, given);
    shape.quantities.forEach((name, place) => {
      const number = given[name];
      const field = `quantities[${i}].${name}`;
      if (typeof number !== 'number') throw typeError(field, `must be a number, not ${check.told(number)}`);
      if (!Number.isSafeInteger(number) || number < 0)
        throw rangeError(field, `must be a whole number from 0 to below 2^53, not ${number}`);
      numbers[i * shape.quantities.length + place] = number;
    });
  });
  return numbers;
}

// The answers of a batch: arrays, and each by position. To be given again as `out`, so that nothing is allocated.
class Decisions {
  #names;

  constructor(length) {
    if (!Number.isSafeInteger(length) || length < 0) throw rangeError('length', `must be a whole number, not ${String(length)}`);
    this.length = length;
    this.status = new Int32Array(length);
    this.limitId = new Int32Array(length);
    this.retryAfterNs = new BigInt64Array(length);
    this.retryAfterMs = new Float64Array(length);
    this.remaining = new Float64Array(length);
  }

  // Whose names the numbers are.
  of(names) {
    this.#names = names;
    return this;
  }

  at(i) {
    const status = this.status[i];
    if (status === undefined) throw rangeError('i', `must be a position among ${this.length} answers, not ${String(i)}`);
    const remaining = this.remaining[i];
    const known = this.retryAfterMs[i] !== Infinity;
    return {
      allowed: status === 0,
      outcome: status < 0 ? 'failed' : status === 0 ? 'allowed' : status === 2 ? 'would_queue' : 'denied',
      limitName: this.#names?.limitName(this.limitId[i]) ?? null,
      remaining: status < 0 || remaining === Infinity ? null : remaining,
      retryAfterMs: status >= 0 && known ? this.retryAfterMs[i] : null,
      error: status < 0 ? ofStatus(status, this.#names?.statusName(status) ?? `status ${status}`, '') : null,
    };
  }

  *[Symbol.iterator]() {
    for (let i = 0; i < this.length; ++i) yield this.at(i);
  }
}

module.exports = { Decisions, pack };
