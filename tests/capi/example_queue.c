/* SPDX-License-Identifier: Apache-2.0 */
/* The example of a queue, as strict as every other C here, and run. */
#include "examples/c/queue.c"
