// SPDX-License-Identifier: Apache-2.0
// What the objects of one engine share in one thread: the addon's part, names by number, the policy as this thread knows it.
//
// Another thread that holds the engine may load another policy; the addon's generation tells, and then the names are learnt anew.
'use strict';

const { Bell } = require('./bell.js');
const { ClosedError } = require('./errors.js');
const native = require('./native.js');
const { Policy } = require('./policy.js');
const { Scopes } = require('./scope.js');

class Core {
  #limitNames = [];
  #operations = new Map(); // names by number
  #generation;
  #policy;
  #scopes;

  constructor(engine, policy) {
    const loaded = engine.policy();
    this.native = engine;
    this.manual = loaded.manual;
    this.zoneinfoDir = loaded.zoneinfoDir;
    this.bell = new Bell(engine);
    this.#learn(loaded, policy);
  }

  #learn(loaded, policy) {
    this.#policy = policy ?? new Policy(loaded.text, { stance: loaded.stance, zoneinfoDir: this.zoneinfoDir || undefined });
    this.#scopes = new Scopes(this.#policy.description);
    this.#generation = loaded.generation;
  }

  // Throws when the engine is closed.
  #follow() {
    const generation = this.native.generation();
    if (generation < 0) throw new ClosedError('the engine is closed');
    if (generation !== this.#generation) this.#learn(this.native.policy());
  }

  get policy() {
    if (!this.native.closed()) this.#follow();
    return this.#policy;
  }

  get scopes() {
    this.#follow();
    return this.#scopes;
  }

  // Numbers stand for the same names as long as the engine lives.
  limitName(id) {
    if (id < 0) return null;
    return (this.#limitNames[id] ??= this.native.limitName(id));
  }

  statusName(status) {
    return native.statusName(status);
  }

  // {id, generation, name, values, quantities, repeats, line}: positions are undefined where there is none.
  shapeOf(name) {
    const generation = this.native.generation();
    const id = this.native.operationId(name);
    return { id, generation, ...this.#described(id) };
  }

  // Of a message's operation: as the policy has it now, or as it was last known; a name of null was never known in this thread.
  operationNames(id) {
    const generation = this.native.generation();
    const known = this.#operations.get(id);
    if (known?.generation === generation) return known;
    try {
      const names = { generation, ...this.#described(id) };
      this.#operations.set(id, names);
      return names;
    } catch (error) {
      if (error.code !== 'SLUICE_E_NOT_FOUND') throw error;
      return known ?? { generation, name: null, values: [], quantities: [] };
    }
  }

  #described(id) {
    const { name, values, repeats, quantities, line } = JSON.parse(this.native.describeOperation(id));
    const place = (value) => (value === null ? undefined : values.indexOf(value));
    return { name, values, quantities, repeats: place(repeats), line: place(line) };
  }
}

module.exports = { Core };
