// SPDX-License-Identifier: Apache-2.0
// A policy: the text of its rules, checked in one stance.
'use strict';

const fs = require('node:fs/promises');

const check = require('./check.js');
const { PolicyError, typeError } = require('./errors.js');
const native = require('./native.js');

const OPTIONS = new Set(['stance', 'zoneinfoDir']);

// A lone surrogate has no UTF-8; it is for the engine to point at, as the three bytes that it would have.
function encoded(text) {
  if (!/[\ud800-\udfff]/.test(text)) return Buffer.from(text, 'utf8');
  const parts = text.split(/(\p{Surrogate})/u);
  return Buffer.concat(parts.map((part, i) => (i % 2 === 0 ? Buffer.from(part, 'utf8') : surrogateBytes(part.charCodeAt(0)))));
}

const surrogateBytes = (unit) => Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]);

function bytesOf(text) {
  if (typeof text === 'string') return encoded(text);
  if (text instanceof Uint8Array) return Buffer.from(text); // a copy: what was checked is what is loaded
  throw typeError('policy', `must be a text (a string, or a Uint8Array of UTF-8) or a Policy, not ${check.told(text)}`);
}

class Finding {
  constructor({ severity, line, column, path, message, excerpt }) {
    Object.assign(this, { severity, line, column, path, message, excerpt });
  }
  toString() {
    const place = this.line > 0 ? `line ${this.line}, column ${this.column}: ` : '';
    const path = this.path === '' ? '' : `${this.path}: `;
    return `${this.severity}: ${place}${path}${this.message}${this.excerpt === '' ? '' : `\n${this.excerpt}`}`;
  }
}

function words(findings, text) {
  const errors = findings.filter((finding) => finding.severity === 'error').join('\n');
  const looksLikePath = !text.includes('{') && !text.includes('\n') && text.length < 4096;
  return looksLikePath ? `${errors}\nA text was given; for a file await Policy.open(${JSON.stringify(text)}).` : errors;
}

class Policy {
  #bytes;
  #zones;
  #description;

  constructor(text, options) {
    const { stance = 'enforce', zoneinfoDir = '' } = check.options(options, OPTIONS);
    this.#bytes = bytesOf(text);
    this.#zones = check.text('zoneinfoDir', zoneinfoDir);
    this.text = this.#bytes.toString('utf8');
    this.stance = check.text('stance', stance);
    const answer = this.#ask(stance);
    this.findings = answer.findings.map((finding) => new Finding(finding));
    if (!answer.ok) throw new PolicyError(words(this.findings, this.text), this.findings);
    this.name = answer.name;
    this.stances = answer.stances;
  }

  // The policy of a file.
  static async open(path, options) {
    return new Policy(await fs.readFile(path), options);
  }

  // The text as bytes: what the engine reads.
  get bytes() {
    return Buffer.from(this.#bytes);
  }

  get zoneinfoDir() {
    return this.#zones;
  }

  // Everything to be said about this text in a stance, errors too; throws nothing for them.
  check(stance = this.stance) {
    return this.#ask(check.text('stance', stance)).findings.map((finding) => new Finding(finding));
  }

  // The policy resolved, in the shape of docs/policy-description.md.
  get description() {
    return (this.#description ??= JSON.parse(native.policyDescribe(this.#bytes, this.stance, this.#zones)));
  }

  #ask(stance) {
    return JSON.parse(native.policyCheck(this.#bytes, stance, this.#zones));
  }
}

// What an engine takes as a policy, as a Policy in the stance asked for; undefined: the policy's own, else "enforce".
function policyOf(policy, stance, zoneinfoDir) {
  if (!(policy instanceof Policy)) return new Policy(policy, { stance, zoneinfoDir });
  const same = (stance ?? policy.stance) === policy.stance && (zoneinfoDir ?? policy.zoneinfoDir) === policy.zoneinfoDir;
  return same ? policy : new Policy(policy.bytes, { stance: stance ?? policy.stance, zoneinfoDir });
}

module.exports = { Finding, Policy, policyOf };
