/* SPDX-License-Identifier: Apache-2.0 */
/* The example of a pool and a campaign, as strict as every other C here, and run. */
#include "examples/c/pool.c"
