// SPDX-License-Identifier: Apache-2.0
// The addon, with its errors.
'use strict';

const { makeError } = require('./errors.js');
const { load } = require('./load.js');

const native = load();
native.setErrors(makeError);

module.exports = native;
