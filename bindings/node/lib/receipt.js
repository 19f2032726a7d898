// SPDX-License-Identifier: Apache-2.0
'use strict';

const check = require('./check.js');
const { quantitiesOf } = require('./quantities.js');

const NOW = new Set(['now']);

// Names what an allowed decision took, to give it back or to settle it with what it came to. Either ends it.
class Receipt {
  #core;
  #operation;

  constructor(core, operation, id) {
    this.#core = core;
    this.#operation = operation;
    this.id = id;
  }

  refund(options) {
    this.#core.native.refund(this.id, check.options(options, NOW).now);
  }

  commit(quantities, options) {
    const { now } = check.options(options, NOW);
    const shape = this.#operation.shape();
    this.#core.native.commit(this.id, quantitiesOf(shape, check.record('quantities', quantities)), now);
  }
}

module.exports = { Receipt };
