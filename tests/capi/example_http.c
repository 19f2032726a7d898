/* SPDX-License-Identifier: Apache-2.0 */
/* The example, as strict as every other C here, and run. */
#include "examples/c/http.c"
