/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice.h - rate limits, quotas and message admission: may this go now, later, or not at all?
 *
 * This file is the contract; every language reaches the engine through it.
 *
 * CONVENTIONS
 *   Handles    A sluice_engine is a number below 2^53: slot, generation, kind. 0 is never valid. Using one after destroy, or one of
 *              another kind, is SLUICE_E_HANDLE and never undefined behaviour.
 *   Status     0: allowed, done, held. Positive: a valid "no" or "later"; nothing was kept. Negative: a failure; nothing changed.
 *              Treat an unknown positive as "not allowed" and an unknown negative as a failure.
 *   Time       Instants are int64_t nanoseconds since the Unix epoch in [0, 2^62). SLUICE_NOW stands for the engine's own clock.
 *              Spans are nanoseconds. A `now` older than what a subject has seen is evaluated at what it has seen; a `now` more
 *              than a day ahead of the real clock (and of a manual one) is SLUICE_E_TIME.
 *   Bytes      Keys are {ptr, len}, borrowed for the call, 1 to 1,024 bytes, NULs legal. Texts are UTF-8 {ptr, len}.
 *   Memory     No memory crosses the boundary: results go to the caller's structs and buffers. A text result takes
 *              (char *buffer, size_t *length): in, the room; out, the bytes needed without a NUL; SLUICE_E_BUFFER when too small, and
 *              then nothing was written (buffer may be NULL to ask for the size).
 *   Structs    struct_size first, set by the caller to sizeof; append-only; no padding; reserved fields must be 0. SLUICE_X_INIT macros
 *              and sluice_x_init functions give the same values. A struct larger than this library knows is taken when what it
 *              does not know is 0, else SLUICE_E_UNSUPPORTED. Rows and views (sluice_bytes, _subject, _detail, _usage_row, _event,
 *              _leased, _settlement, _given, _header) have no struct_size and never change.
 *   Errors     Slow calls take a nullable sluice_error, written on failure only, always NUL-terminated.
 *   Threads    Every function may be called from any thread at any time. Decisions are atomic across all their limits and
 *              subjects. The library starts no thread and calls nobody back.
 *   Fork       A child must create its own engine: inherited handles are SLUICE_E_FORKED there.
 *
 * EXAMPLE
 *   sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
 *   sluice_engine engine = 0;
 *   options.policy = text; options.policy_len = strlen(text);
 *   if (sluice_engine_create(&options, &engine, NULL) < 0) return 1;
 *   int32_t send = sluice_operation_id(engine, "messages.send", SLUICE_STRLEN);
 *   sluice_bytes values[] = {{"acme", 4}, {"+15550001", 9}, {"+15550002", 9}};
 *   sluice_request request = SLUICE_REQUEST_INIT;
 *   request.operation = send; request.values = values; request.value_count = 3;
 *   sluice_decision decision = SLUICE_DECISION_INIT;
 *   if (sluice_decide(engine, &request, &decision) == SLUICE_OK) send_it();
 *   else if (decision.wait_kind == SLUICE_WAIT_EXACT) sleep_ns(decision.retry_after);
 *   sluice_engine_destroy(engine);
 */
#ifndef SLUICE_SLUICE_H_INCLUDED
#define SLUICE_SLUICE_H_INCLUDED

/* Columns are set by hand. */
/* clang-format off */

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define SLUICE_API
#elif defined(__GNUC__)
#define SLUICE_API __attribute__((visibility("default")))
#else
#define SLUICE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- constants ------------------------------------------------------------------------------------------------------------ */

#define SLUICE_ABI_VERSION 0
#define SLUICE_NOW INT64_MIN
#define SLUICE_STRLEN SIZE_MAX /* for texts: NUL-terminated, take strlen */
#define SLUICE_NONE (-1)

typedef int32_t sluice_status;
enum {
  SLUICE_OK = 0,          /* allowed, done */
  SLUICE_DENIED = 1,      /* not now or never: see denial, wait_kind, retry_after */
  SLUICE_WOULD_QUEUE = 2, /* only queue-mode limits lack room: it would wait retry_after; nothing was taken */

  SLUICE_E_INVALID = -1,     /* an argument is wrong; the error names it */
  SLUICE_E_HANDLE = -2,      /* stale, foreign or zero handle */
  SLUICE_E_NO_MEMORY = -3,   /* the host or the cap refused memory */
  SLUICE_E_NOT_FOUND = -4,   /* unknown operation, limit, plan, dimension, receipt */
  SLUICE_E_POLICY = -5,      /* the policy text has errors */
  SLUICE_E_TIME = -6,        /* now is out of range or too far ahead */
  SLUICE_E_CONFLICT = -7,    /* the idempotency key was used for another request */
  SLUICE_E_UNSET = -8,       /* a `custom` amount was not set for this subject */
  SLUICE_E_BUFFER = -9,      /* buffer too small; the needed length was written */
  SLUICE_E_UNSUPPORTED = -10, /* a struct or flag from a newer header than this library */
  SLUICE_E_FORKED = -11,     /* the engine belongs to the parent process */
  SLUICE_E_WOULD_RESET = -12, /* reload would drop state and allow_reset was not given; the error lists the limits */
  SLUICE_E_TOO_MANY = -13,   /* more than 128 subjects in a decision, or another fixed bound */
  SLUICE_E_STALE = -14,      /* the lease is not the message's current one: settled, or expired and leased again */
  SLUICE_E_INTERNAL = -100
};

/* Why a request was denied; in rank, the decision names the highest. */
enum {
  SLUICE_DENIAL_NONE = 0,
  SLUICE_DENIAL_MEMORY = 1,
  SLUICE_DENIAL_RATE = 2,
  SLUICE_DENIAL_DEPTH = 3,
  SLUICE_DENIAL_UPSTREAM = 4,
  SLUICE_DENIAL_POOL = 5,
  SLUICE_DENIAL_DISTINCT = 6,
  SLUICE_DENIAL_GAUGE = 7,
  SLUICE_DENIAL_QUOTA = 8,
  SLUICE_DENIAL_BLOCKED = 9,
  SLUICE_DENIAL_NEVER = 10
};

/* What retry_after means. */
enum {
  SLUICE_WAIT_NONE = 0,    /* allowed */
  SLUICE_WAIT_EXACT = 1,   /* sleep exactly retry_after and the same request passes; 1 ns less and it does not */
  SLUICE_WAIT_BOUND = 2,   /* not before retry_after */
  SLUICE_WAIT_UNKNOWN = 3, /* until something is released; retry_after is 0 */
  SLUICE_WAIT_NEVER = 4    /* waiting cannot help; largest_cost could pass */
};

/* sluice_request.flags */
enum {
  SLUICE_PEEK = 1,    /* ask without charging anything */
  SLUICE_RECEIPT = 2, /* an allowed decision writes a receipt for refund and commit */
  SLUICE_FORCE = 4    /* it has happened: every charge is taken as forced, nothing denies */
};

/* sluice_decision.flags, sluice_detail.flags, sluice_usage_row.flags */
enum {
  SLUICE_REPLAYED = 1,   /* the first answer to this idempotency key */
  SLUICE_UNLIMITED = 2,  /* `limit` is unlimited and reads 0 */
  SLUICE_OVERFLOWED = 4, /* a shared overflow record served a new subject at the memory cap */
  SLUICE_PASSED = 8      /* detail: this limit had room */
};

/* sluice_leased.flags */
enum {
  SLUICE_REDELIVERED = 16 /* an earlier lease of the message ended without a word: it may have been sent before */
};

/* Where a message stands. From SENT on it is final: the engine has forgotten the message, and tells the state only in the answer
 * of the call that ended it and in sluice_counters.ended. */
enum {
  SLUICE_MESSAGE_NONE = 0,
  SLUICE_MESSAGE_SCHEDULED = 1, /* until its send_at */
  SLUICE_MESSAGE_WAITING = 2,   /* its turn has not come */
  SLUICE_MESSAGE_PARKED = 3,    /* a limit of its own holds it, its hours are closed, or a retry's wait; others pass */
  SLUICE_MESSAGE_LEASED = 4,
  SLUICE_MESSAGE_UNKNOWN = 5,   /* at most once: its lease ended without a word; settle it with what is found out */
  SLUICE_MESSAGE_SENT = 6,
  SLUICE_MESSAGE_FAILED = 7,
  SLUICE_MESSAGE_EXPIRED = 8,
  SLUICE_MESSAGE_CANCELLED = 9,
  SLUICE_MESSAGE_ABORTED = 10,
  SLUICE_MESSAGE_DEAD = 11      /* tried as often as the policy's retries allow */
};

/* In rank: a message goes before those of the classes behind its own, but for the policy's floor. */
enum {
  SLUICE_CLASS_URGENT = 0,
  SLUICE_CLASS_REPLY = 1,
  SLUICE_CLASS_TRANSACTIONAL = 2,
  SLUICE_CLASS_BULK = 3
};

/* What came of a lease. THROTTLED, NOT_ATTEMPTED and LINE_BAD give back what the lease took; nothing else does. */
enum {
  SLUICE_OUTCOME_SENT = 0,
  SLUICE_OUTCOME_RETRY = 1,         /* it may or may not have been sent: again after retry_after; 0: the policy's backoff */
  SLUICE_OUTCOME_THROTTLED = 2,     /* refused for now: it goes back to its place, and its line waits retry_after */
  SLUICE_OUTCOME_NOT_ATTEMPTED = 3, /* nothing was tried: it goes back to its place */
  SLUICE_OUTCOME_FAILED = 4,        /* for good */
  SLUICE_OUTCOME_LINE_BAD = 5       /* its line cannot send: it goes back to its place, and the line waits with it */
};

/* How a line of a pool stands. */
enum {
  SLUICE_LINE_ACTIVE = 0,
  SLUICE_LINE_WARMING = 1,   /* so many new recipients a day as the pool says */
  SLUICE_LINE_PAUSED = 2,    /* nothing leaves; what there is and comes waits */
  SLUICE_LINE_DRAINING = 3,  /* no new recipients; all else goes on */
  SLUICE_LINE_SUSPENDED = 4, /* nothing leaves; what waits does as SLUICE_SUSPEND_* says */
  SLUICE_LINE_REMOVED = 5    /* the same, for good */
};

/* What becomes of the messages that wait on a line when it is suspended or removed. */
enum {
  SLUICE_SUSPEND_HOLD = 0,     /* they wait for it until they expire */
  SLUICE_SUSPEND_MOVE_NEW = 1, /* those of recipients who have had nothing from it yet move to another line; the others wait */
  SLUICE_SUSPEND_MOVE_ALL = 2, /* all move */
  SLUICE_SUSPEND_FAIL = 3      /* all fail */
};

/* How a message came to its line through a pool. */
enum {
  SLUICE_STICKY_NONE = 0,     /* not by a lasting route */
  SLUICE_STICKY_FRESH = 1,    /* the recipient's first line, which it keeps */
  SLUICE_STICKY_EXISTING = 2, /* the recipient's line */
  SLUICE_STICKY_MOVED = 3,    /* the recipient's line, which is another than before */
  SLUICE_STICKY_SPILLED = 4   /* another, this once */
};

enum {
  SLUICE_CAMPAIGN_NONE = 0,
  SLUICE_CAMPAIGN_RUNNING = 1,
  SLUICE_CAMPAIGN_PAUSED = 2,
  SLUICE_CAMPAIGN_ABORTED = 3,  /* final */
  SLUICE_CAMPAIGN_FINISHED = 4  /* it was sealed, and all its messages have ended */
};

/* What sluice_change_campaign does. Doing again what was done changes nothing. */
enum {
  SLUICE_CHANGE_PAUSE = 1,  /* nothing of it is leased, and its time stands still */
  SLUICE_CHANGE_RESUME = 2,
  SLUICE_CHANGE_SEAL = 3,   /* nothing comes to it any more: it finishes when its messages have ended */
  SLUICE_CHANGE_ABORT = 4   /* nothing of it is leased any more, whatever waits is removed, and that is final */
};

/* In which dialects an answer over HTTP is, together (docs/http.md). Where the policy's own says something, that is what is said. */
enum {
  SLUICE_DIALECT_POLICY = 1,            /* as the policy says; where it says nothing, a status and Retry-After */
  SLUICE_DIALECT_X_RATELIMIT = 2,       /* X-RateLimit-Limit, -Remaining, -Reset: an instant, seconds since the Unix epoch */
  SLUICE_DIALECT_X_RATELIMIT_DELTA = 4, /* the same, -Reset: seconds to go; not beside the one above */
  SLUICE_DIALECT_RATELIMIT = 8,         /* RateLimit and RateLimit-Policy, draft-ietf-httpapi-ratelimit-headers-10 */
  SLUICE_DIALECT_RETRY_MS = 16,         /* retry-after-ms */
  SLUICE_DIALECT_PROBLEM = 32           /* a body of application/problem+json, RFC 9457, where the policy has no body */
};

/* In which form sluice_metrics writes. */
enum {
  SLUICE_METRICS_OPENMETRICS = 0, /* application/openmetrics-text; version=1.0.0; charset=utf-8 */
  SLUICE_METRICS_PROMETHEUS = 1   /* text/plain; version=0.0.4; charset=utf-8 */
};

/* ---- structs -------------------------------------------------------------------------------------------------------------- */

typedef uint64_t sluice_engine;
typedef uint64_t sluice_receipt; /* 0: none */

typedef struct sluice_bytes {
  const void *ptr; /* NULL with len 0: absent */
  size_t len;
} sluice_bytes;

typedef struct sluice_error {
  uint32_t struct_size;
  sluice_status status;
  char message[4088]; /* NUL-terminated UTF-8, cut at a character when longer */
} sluice_error;
#define SLUICE_ERROR_INIT {sizeof(sluice_error), 0, {0}}

typedef struct sluice_engine_options {
  uint32_t struct_size;
  uint32_t manual_clock;     /* 1: time is what sluice_set_clock last said */
  const char *policy;        /* required */
  size_t policy_len;
  const char *stance;        /* NULL: "enforce" */
  size_t stance_len;
  const char *zoneinfo_dir;  /* NULL: TZDIR, else the system's */
  size_t zoneinfo_dir_len;
  uint64_t memory_cap;       /* bytes for records, extents, what subjects have of their own, receipts, keys; 0: 1 GiB; 1 MiB to 32 GiB */
  int64_t manual_now;        /* with manual_clock: the first instant */
  int64_t receipt_ttl;       /* how long an unsettled receipt lives; 0: 24 h; at most 400 days */
  uint32_t event_capacity;   /* events kept until drained; 0: 4,096; at most 1,048,576 */
  uint32_t shards;           /* power of two, 1..1,024; 0: 1,024 */
} sluice_engine_options;
#define SLUICE_ENGINE_OPTIONS_INIT {sizeof(sluice_engine_options), 0, NULL, 0, NULL, 0, NULL, 0, 0, 0, 0, 0, 0}

typedef struct sluice_request {
  uint32_t struct_size;
  int32_t operation;             /* from sluice_operation_id */
  const sluice_bytes *values;    /* in the operation's declared order, at most 16; {NULL, 0} stands for the repeated dimension, and
                                    in an operation with a pool for the line, which the pool then chooses; nothing else is absent */
  const sluice_bytes *repeated;  /* values of the repeated dimension, 1 to 128; NULL: one value, in its place in `values` */
  const uint64_t *quantities;    /* in the operation's declared order */
  const void *idempotency_key;   /* NULL: none; 1 to 255 bytes */
  int64_t now;                   /* SLUICE_NOW: the engine's clock */
  uint32_t value_count;
  uint32_t repeated_count;
  uint32_t quantity_count;
  uint32_t idempotency_key_len;
  uint32_t flags;
  uint32_t reserved0;
} sluice_request;
#define SLUICE_REQUEST_INIT {sizeof(sluice_request), SLUICE_NONE, NULL, NULL, NULL, NULL, SLUICE_NOW, 0, 0, 0, 0, 0, 0}

/* How one limit stood for one subject. */
typedef struct sluice_detail {
  int32_t limit_id;
  int32_t denial;      /* SLUICE_DENIAL_NONE when it did not refuse */
  uint64_t limit;      /* units; 0 with SLUICE_UNLIMITED */
  uint64_t used;       /* after the decision */
  uint64_t remaining;
  int64_t resets_at;   /* a window's end, else when nothing is used any more; 0: nothing is, or no time ends it */
  int64_t opens_at;    /* when this limit alone would pass the same again; INT64_MAX never, INT64_MAX-1 on release */
  uint32_t charge;     /* position among the operation's charges */
  uint32_t subject;    /* for a charge per repeated value: its position; else 0 */
  uint32_t flags;      /* SLUICE_PASSED, SLUICE_UNLIMITED */
  uint32_t reserved0;
} sluice_detail;

typedef struct sluice_decision {
  uint32_t struct_size;
  sluice_status status;     /* what the call returned */
  int32_t denial;           /* SLUICE_DENIAL_* */
  int32_t wait_kind;        /* SLUICE_WAIT_* */
  int64_t now;              /* the instant decided at, before clamping to what subjects have seen */
  int64_t retry_after;      /* ns, counted from now */
  uint64_t largest_cost;    /* with SLUICE_WAIT_NEVER: the largest cost that could pass the limit named */
  int32_t limit_id;         /* the limit named: the refusing one, else the operation's first; SLUICE_NONE without charges */
  uint32_t flags;           /* SLUICE_REPLAYED, SLUICE_UNLIMITED, SLUICE_OVERFLOWED */
  uint64_t limit;           /* of the limit named, as in sluice_detail */
  uint64_t used;
  uint64_t remaining;
  int64_t resets_at;
  int64_t opens_at;
  sluice_receipt receipt;
  sluice_detail *details;   /* in: NULL, or room for detail_capacity rows, one for every limit and subject checked */
  uint32_t detail_capacity; /* in */
  uint32_t detail_count;    /* out: rows there are; those that fit were written */
  uint32_t line_length;     /* out: bytes of the line that the pool chose, or was given; 0: no room, no pool, or none was chosen */
  uint32_t line_capacity;   /* in: bytes at `line` */
  char *line;               /* in: NULL, or where to tell it, without a NUL: 1,024 bytes hold any; what does not fit is not written */
} sluice_decision;
#define SLUICE_DECISION_INIT {sizeof(sluice_decision), 0, 0, 0, 0, 0, 0, SLUICE_NONE, 0, 0, 0, 0, 0, 0, 0, NULL, 0, 0, 0, 0, NULL}

/* One limit of a subject, metered. */
typedef struct sluice_usage_row {
  int32_t limit_id;
  uint32_t flags;        /* SLUICE_UNLIMITED */
  uint64_t limit;
  uint64_t used;
  uint64_t remaining;
  uint64_t overage;      /* units above the amount, under its ceiling or forced */
  int64_t period_begins; /* windows; 0: no period */
  int64_t resets_at;
} sluice_usage_row;

enum {
  SLUICE_EVENT_THRESHOLD = 1,  /* share reached, in hundredths of a percent */
  SLUICE_EVENT_PROMOTION = 2,  /* plan: the new one's position */
  SLUICE_EVENT_SATURATED = 3,  /* a pace's forced debt reached its bound */
  SLUICE_EVENT_MEMORY = 4,     /* the memory cap was reached: new subjects overflow or are refused (once a minute at most) */
  SLUICE_EVENT_SENDER_CHANGED = 5,    /* a recipient goes by another line, and `used` messages went along; the subject says from
                                         which to which, and why: "recipient=+3: +1 -> +2, suspended", of each name 48 bytes */
  SLUICE_EVENT_CAMPAIGN_PAUSED = 6,   /* `used` of its last `limit` outcomes were failures; the subject is its name */
  SLUICE_EVENT_CAMPAIGN_FINISHED = 7  /* all its messages have ended: `used` were sent of `limit` taken in; the subject is its name */
};

typedef struct sluice_event {
  uint32_t kind;          /* SLUICE_EVENT_* */
  int32_t limit_id;       /* SLUICE_NONE: none */
  int64_t at;
  uint64_t used;
  uint64_t limit;
  uint32_t share;         /* hundredths of a percent */
  int32_t plan;           /* SLUICE_NONE: none */
  uint32_t by_plan_change; /* 1: fired by a change of plan or amount */
  uint32_t subject_len;   /* whole length of the subject's text; cut to what fits below */
  char subject[192];      /* "account=acme" or "line=..,recipient=..", not NUL-terminated when cut */
} sluice_event;

typedef struct sluice_counters {
  uint32_t struct_size;
  uint32_t reserved0;
  uint64_t allowed, denied, would_queue, peeked, replayed, refunded;
  uint64_t denied_by[11];   /* by SLUICE_DENIAL_* */
  uint64_t records;         /* live records */
  uint64_t receipts;        /* live receipts */
  uint64_t memory_used, memory_cap;
  uint64_t swept;           /* records dropped as never seen */
  uint64_t overflowed;      /* decisions served by a shared overflow record */
  uint64_t events_lost;
  uint64_t messages;        /* held */
  uint64_t accepted, leased; /* messages, and leases of them, ever */
  uint64_t ended[12];       /* messages, ever, by final SLUICE_MESSAGE_* */
} sluice_counters;
#define SLUICE_COUNTERS_INIT {sizeof(sluice_counters), 0, 0, 0, 0, 0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0, 0, 0, 0, 0, 0, 0, \
                              0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}

/* A subject: a scope by its dimensions' names joined with commas ("account", "line,recipient") and their values in that order. */
typedef struct sluice_subject {
  const char *scope;
  size_t scope_len;
  const sluice_bytes *values;
  size_t value_count;
} sluice_subject;

/* What a message brings beside its request. */
typedef struct sluice_message {
  uint32_t struct_size;
  int32_t message_class; /* SLUICE_CLASS_*; SLUICE_NONE: the operation's own */
  const void *payload;   /* any bytes, handed back by the lease; at most as many as the policy's queue takes */
  size_t payload_len;
  int64_t send_at;       /* not before; 0: as soon as it may */
  int64_t expires_at;    /* not at or after; 0: as its class says */
  uint64_t campaign;     /* from sluice_create_campaign; it says class and time, so neither is given here. 0: none */
  const char *zone;      /* by whose clocks the hours of its class are: "Europe/Paris", or up to 16 with commas between, in all of
                          * which they must be open; an unknown one is SLUICE_E_INVALID. NULL: the policy's */
  size_t zone_len;       /* bytes of it, or SLUICE_STRLEN */
} sluice_message;
#define SLUICE_MESSAGE_INIT {sizeof(sluice_message), SLUICE_NONE, NULL, 0, 0, 0, 0, NULL, 0}

/* What the engine holds after an enqueue; of a peek (and of what would wait too long) when it would leave. */
typedef struct sluice_held {
  uint32_t struct_size;
  int32_t state;      /* SLUICE_MESSAGE_*; NONE: not held; of a peek: PARKED where its hours are closed */
  uint64_t message;   /* its number, below 2^53 and never used again; 0: not held */
  int64_t expires_at; /* 0: never */
  uint64_t depth;     /* messages held for its line, this one too */
  uint64_t position;  /* of a peek: 1 is the next of its line; 0: not told */
  int64_t eta;        /* of a peek: the instant of its release if nothing jumps ahead and configuration stays */
  int32_t eta_kind;   /* SLUICE_WAIT_EXACT; _BOUND: not before eta; _UNKNOWN; _NONE: not asked */
  uint32_t reserved0;
  int32_t sticky;     /* SLUICE_STICKY_*: how it came to its line */
  uint32_t line_length;   /* out: as in sluice_decision */
  uint32_t line_capacity; /* in */
  uint32_t reserved1;
  char *line;             /* in */
} sluice_held;
#define SLUICE_HELD_INIT {sizeof(sluice_held), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL}

typedef struct sluice_lease_options {
  uint32_t struct_size;
  uint32_t most; /* messages; 0: as many as there are rows */
  int64_t now;
  int64_t ttl;   /* how long a lease lasts, up to a day; 0: as the policy says */
  const sluice_bytes *lines; /* only of these, at most 4,096; NULL: of all. One that holds nothing has nothing due */
  size_t line_count;
  const char *pool;          /* only of the lines that this pool has; NULL: none is named. Not beside `lines` */
  size_t pool_len;
  const sluice_bytes *by;    /* values of the pool's `by`, in its order */
  size_t by_count;
} sluice_lease_options;
#define SLUICE_LEASE_OPTIONS_INIT {sizeof(sluice_lease_options), 0, SLUICE_NOW, 0, NULL, 0, NULL, 0, NULL, 0}

/* A leased message. Its pointers point into the buffer that the caller gave. */
typedef struct sluice_leased {
  uint64_t message;
  uint32_t fence;              /* with the message, the lease's name */
  uint32_t attempt;            /* 1, and one more for each time that it may have been sent before */
  int32_t operation;
  int32_t message_class;
  uint32_t flags;              /* SLUICE_REDELIVERED */
  uint32_t value_count;
  uint32_t quantity_count;
  uint32_t reserved0;
  int64_t due;                 /* since when it could have gone */
  int64_t until;               /* the lease's end */
  int64_t expires_at;          /* 0: never */
  uint64_t campaign;           /* 0: of none */
  const sluice_bytes *values;  /* in the operation's declared order */
  const uint64_t *quantities;  /* the same */
  sluice_bytes payload;
} sluice_leased;

/* What came of one lease, and what that made of the message. */
typedef struct sluice_settlement {
  uint64_t message;
  uint32_t fence;
  int32_t outcome;     /* SLUICE_OUTCOME_* */
  int64_t retry_after; /* ns, up to 400 days; see SLUICE_OUTCOME_RETRY and _THROTTLED */
  int32_t status;      /* out: SLUICE_OK, or why nothing has changed */
  int32_t state;       /* out: SLUICE_MESSAGE_* now; NONE on failure */
} sluice_settlement;

typedef struct sluice_message_state {
  uint32_t struct_size;
  int32_t state;         /* SLUICE_MESSAGE_* */
  int32_t message_class; /* SLUICE_CLASS_* */
  uint32_t tries;        /* leases after which it may have been sent */
  uint32_t fence;        /* leases so far */
  int32_t operation;
  int64_t due;           /* scheduled, parked, leased: until then; 0: no instant is known */
  int64_t expires_at;    /* 0: never */
  uint64_t depth;        /* messages held for its line */
  uint64_t position;     /* 1 is the next of its line; 0: not known */
  int64_t eta;           /* the instant of its release if nothing jumps ahead and configuration stays; 0: not known */
  int32_t eta_kind;      /* SLUICE_WAIT_EXACT; _BOUND: not before eta; _UNKNOWN; _NONE: it does not wait */
  uint32_t reserved0;
  uint32_t line_length;   /* out: of the line it goes by now; a pool may have moved it */
  uint32_t line_capacity; /* in: as in sluice_decision */
  char *line;             /* in */
} sluice_message_state;
#define SLUICE_MESSAGE_STATE_INIT {sizeof(sluice_message_state), 0, 0, 0, 0, SLUICE_NONE, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL}

/* A line of a pool as it is from now on, as a whole: what is not said is what a new line has. */
typedef struct sluice_line_change {
  uint32_t struct_size;
  uint32_t weight;          /* its share of new recipients, beside the others' weights; 0: none; at most 1,000,000 */
  const char *pool;         /* required */
  size_t pool_len;
  const sluice_bytes *by;   /* one value for each dimension of the pool's `by`, in its order */
  size_t by_count;
  sluice_bytes line;        /* required */
  const char *reason;       /* for people, at most 200 bytes; NULL: none */
  size_t reason_len;
  int64_t paused_until;     /* of a paused line; 0: until another change */
  int32_t state;            /* SLUICE_LINE_* */
  int32_t on_suspend;       /* SLUICE_SUSPEND_*; SLUICE_NONE: as the pool says */
} sluice_line_change;
#define SLUICE_LINE_CHANGE_INIT {sizeof(sluice_line_change), 1, NULL, 0, NULL, 0, {NULL, 0}, NULL, 0, 0, SLUICE_LINE_ACTIVE, SLUICE_NONE}

/* What became of the messages that waited on a line that was suspended or removed. */
typedef struct sluice_line_report {
  uint32_t struct_size;
  uint32_t reserved0;
  uint64_t held;   /* still wait on it */
  uint64_t moved;
  uint64_t failed;
} sluice_line_report;
#define SLUICE_LINE_REPORT_INIT {sizeof(sluice_line_report), 0, 0, 0, 0}

/* What a campaign is to be. Shares are hundredths of a percent. */
typedef struct sluice_campaign_options {
  uint32_t struct_size;
  int32_t message_class;   /* SLUICE_CLASS_*: of all its messages; SLUICE_NONE: bulk */
  sluice_bytes tenant;     /* whose it is: a value of the policy's tenant dimension; required */
  const char *name;        /* for people and events, at most 192 bytes; NULL: none */
  size_t name_len;
  int64_t starts_at;       /* 0: now */
  int64_t duration;        /* its messages leave evenly over so long, up to 400 days; 0: as fast as its share allows */
  uint32_t share;          /* the most of a line's pace that it takes; 0: 5,000, half of it */
  uint32_t catches_up;     /* 1: after a pause it keeps its end and goes faster; 0: its end moves */
  uint32_t pause_share;    /* pauses it when so many of its last outcomes were failures; 0: nothing does */
  uint32_t pause_window;   /* how many outcomes that looks at, at most 10,000; 0: 200 */
  const char *rate;        /* the most of all its lines together, as a policy writes rates, "200/min"; NULL: none. since 0.1 */
  size_t rate_len;
} sluice_campaign_options;
#define SLUICE_CAMPAIGN_OPTIONS_INIT {sizeof(sluice_campaign_options), SLUICE_NONE, {NULL, 0}, NULL, 0, 0, 0, 0, 0, 0, 0, NULL, 0}

typedef struct sluice_campaign_report {
  uint32_t struct_size;
  int32_t state;               /* SLUICE_CAMPAIGN_* */
  uint32_t sealed;             /* 1: nothing comes to it any more */
  uint32_t in_flight_count;    /* out: its messages that are leased or unknown; the numbers of those that fit were written */
  uint64_t *in_flight;         /* in: NULL, or room for in_flight_capacity numbers of messages, told in ascending order */
  uint32_t in_flight_capacity; /* in */
  uint32_t reserved0;
  uint64_t accepted;           /* messages taken in, ever */
  uint64_t queued;             /* of those, held and not in flight */
  uint64_t removed;            /* of an abort: by this call */
  uint64_t ended[12];          /* of those accepted, by final SLUICE_MESSAGE_* */
  uint64_t rate_amount;        /* the most that leaves by all its lines, each rate_period; 0: it has no rate. since 0.1 */
  int64_t rate_period;         /* ns */
  int64_t rate_opens_at;       /* its rate lets the next one leave from then on; 0: from the start */
} sluice_campaign_report;
#define SLUICE_CAMPAIGN_REPORT_INIT \
  {sizeof(sluice_campaign_report), 0, 0, 0, NULL, 0, 0, 0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0, 0, 0}

/* A text for what a policy's dialect calls given: {given.trace_id}. */
typedef struct sluice_given {
  const char *name;
  size_t name_len; /* bytes of it, or SLUICE_STRLEN; so with text_len */
  const char *text;
  size_t text_len;
} sluice_given;

typedef struct sluice_header {
  sluice_bytes name;
  sluice_bytes value; /* visible ASCII and spaces */
} sluice_header;

/* What an answer is told beside its decision. All of it may be left out. */
typedef struct sluice_answer_terms {
  uint32_t struct_size;
  uint32_t dialects;             /* SLUICE_DIALECT_*; 0: the policy's */
  const sluice_request *request; /* what was asked, for templates that tell values and quantities */
  const sluice_held *held;       /* of an enqueue: what the engine holds is answered as queued */
  const sluice_given *given;     /* those that the policy does not ask for are left alone */
  size_t given_count;
} sluice_answer_terms;
#define SLUICE_ANSWER_TERMS_INIT {sizeof(sluice_answer_terms), 0, NULL, NULL, NULL, 0}

/* An answer over HTTP. Its pointers point into the buffer that the caller gave. */
typedef struct sluice_http {
  uint32_t struct_size;
  int32_t status;           /* 429 */
  sluice_header *headers;   /* in: room for header_capacity of them; 80 hold those of any answer */
  uint32_t header_capacity; /* in */
  uint32_t header_count;    /* out: headers there are */
  char *buffer;             /* in: room for all names, values and the body */
  size_t buffer_size;       /* in */
  size_t length;            /* out: bytes needed of it */
  sluice_bytes body;        /* {NULL, 0}: none */
  int64_t retry_after;      /* the wait advised: ns, of whole seconds; 0: none is known to help */
  uint32_t retry;           /* 1: coming again makes sense; 0: it is allowed, or no wait that a client can bear helps */
  uint32_t reserved0;
} sluice_http;
#define SLUICE_HTTP_INIT {sizeof(sluice_http), 0, NULL, 0, 0, NULL, 0, 0, {NULL, 0}, 0, 0, 0}

/* For languages without macros: what the INIT macros give; size is the caller's sizeof. */
SLUICE_API void sluice_error_init(sluice_error *error, uint32_t size);
SLUICE_API void sluice_engine_options_init(sluice_engine_options *options, uint32_t size);
SLUICE_API void sluice_request_init(sluice_request *request, uint32_t size);
SLUICE_API void sluice_decision_init(sluice_decision *decision, uint32_t size);
SLUICE_API void sluice_counters_init(sluice_counters *counters, uint32_t size);
SLUICE_API void sluice_message_init(sluice_message *message, uint32_t size);
SLUICE_API void sluice_held_init(sluice_held *held, uint32_t size);
SLUICE_API void sluice_lease_options_init(sluice_lease_options *options, uint32_t size);
SLUICE_API void sluice_message_state_init(sluice_message_state *state, uint32_t size);
SLUICE_API void sluice_line_change_init(sluice_line_change *change, uint32_t size);
SLUICE_API void sluice_line_report_init(sluice_line_report *report, uint32_t size);
SLUICE_API void sluice_campaign_options_init(sluice_campaign_options *options, uint32_t size);
SLUICE_API void sluice_campaign_report_init(sluice_campaign_report *report, uint32_t size);
SLUICE_API void sluice_answer_terms_init(sluice_answer_terms *terms, uint32_t size);
SLUICE_API void sluice_http_init(sluice_http *http, uint32_t size);

/* ---- library -------------------------------------------------------------------------------------------------------------- */

/* "0.1.0". Static. since 0.1 */
SLUICE_API const char *sluice_version(void);
SLUICE_API uint32_t sluice_abi_version(void);
/* "SLUICE_DENIED"; total over all integers. Static. since 0.1 */
SLUICE_API const char *sluice_status_name(sluice_status status);
/* "rate", "quota", ... ; "unknown" outside the list. Static. since 0.1 */
SLUICE_API const char *sluice_denial_name(int32_t denial);

/* ---- policies ------------------------------------------------------------------------------------------------------------- */

/* Everything there is to say about a policy text, as JSON (docs/policy-description.md):
 *   {"ok": bool, "name": text|null, "stances": [..], "findings": [{"severity","line","column","path","message","excerpt"}]}
 * `stance` NULL: "enforce". Returns: SLUICE_OK (also when the text has errors: see "ok"), SLUICE_E_INVALID, SLUICE_E_BUFFER. since 0.1 */
SLUICE_API sluice_status sluice_policy_check(const char *text, size_t text_len, const char *stance, size_t stance_len,
                                             const char *zoneinfo_dir, size_t zoneinfo_dir_len, char *buffer, size_t *length);

/* The policy resolved, as JSON (dimensions, plan sets, limits with every plan's amounts, operations with charges); the shape is in
 * docs/policy-description.md. Returns: SLUICE_OK, SLUICE_E_POLICY, SLUICE_E_INVALID, SLUICE_E_BUFFER. since 0.1 */
SLUICE_API sluice_status sluice_policy_describe(const char *text, size_t text_len, const char *stance, size_t stance_len,
                                                const char *zoneinfo_dir, size_t zoneinfo_dir_len, char *buffer,
                                                size_t *length, sluice_error *error);

/* ---- engine --------------------------------------------------------------------------------------------------------------- */

/* Creates an engine; on failure *out is 0. Ownership: the caller destroys it. Returns: SLUICE_OK, SLUICE_E_POLICY, SLUICE_E_INVALID, SLUICE_E_NO_MEMORY,
 * SLUICE_E_UNSUPPORTED. since 0.1 */
SLUICE_API sluice_status sluice_engine_create(const sluice_engine_options *options, sluice_engine *out, sluice_error *error);

/* Destroys an engine; calls running in other threads end first or get SLUICE_E_HANDLE. 0 is a no-op. since 0.1 */
SLUICE_API sluice_status sluice_engine_destroy(sluice_engine engine);

/* Moves a manual clock, forwards or back (back is harmless: subjects keep what they have seen). Returns: SLUICE_OK, SLUICE_E_TIME,
 * SLUICE_E_INVALID when the clock is not manual. since 0.1 */
SLUICE_API sluice_status sluice_set_clock(sluice_engine engine, int64_t now);
/* The engine's clock. since 0.1 */
SLUICE_API sluice_status sluice_clock(sluice_engine engine, int64_t *now);

/* Replaces the policy at once, keeping state. A limit keeps its state iff name, scope, kind and period are unchanged; otherwise
 * SLUICE_E_WOULD_RESET lists them unless allow_reset is 1. Failure leaves the old policy. `stance` NULL: as before. since 0.1 */
SLUICE_API sluice_status sluice_reload(sluice_engine engine, const char *policy, size_t policy_len, const char *stance,
                                       size_t stance_len, uint32_t allow_reset, int64_t now, sluice_error *error);

/* Ids by name, stable across reloads of this engine: at least 0, or a negative status. since 0.1 */
SLUICE_API int32_t sluice_operation_id(sluice_engine engine, const char *name, size_t name_len);
SLUICE_API int32_t sluice_limit_id(sluice_engine engine, const char *name, size_t name_len);
/* Names by id. Returns: SLUICE_OK, SLUICE_E_NOT_FOUND, SLUICE_E_BUFFER. since 0.1 */
SLUICE_API sluice_status sluice_limit_name(sluice_engine engine, int32_t limit_id, char *buffer, size_t *length);
/* The operation's shape as JSON: {"name","values":[..],"repeats":name|null,"quantities":[..],"pool":name|null,"line":name|null}.
 * "line" is the value that may be absent since the pool chooses it. since 0.1 */
SLUICE_API sluice_status sluice_operation_describe(sluice_engine engine, int32_t operation, char *buffer, size_t *length);

/* ---- decisions ------------------------------------------------------------------------------------------------------------ */

/* Decides one request, all or nothing: allowed takes every charge, denied takes only its attempt charges, would queue takes nothing.
 * On a failure `decision` says so too: its status is what the call returned, all else reads as nothing decided.
 * Ownership: borrows everything for the call. `decision` may be NULL; when it is wrong in itself nothing is decided. Returns: SLUICE_OK, SLUICE_DENIED, SLUICE_WOULD_QUEUE;
 * SLUICE_E_INVALID, _HANDLE, _NOT_FOUND, _TIME, _CONFLICT, _UNSET, _UNSUPPORTED, _FORKED, _TOO_MANY, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_decide(sluice_engine engine, const sluice_request *request, sluice_decision *decision);

/* The same with words for a failure: which value, what was expected. Not slower on success. since 0.1 */
SLUICE_API sluice_status sluice_decide_checked(sluice_engine engine, const sluice_request *request, sluice_decision *decision,
                                               sluice_error *error);

/* Decides an array at one instant, in order; each element is atomic, and a denied or failed one does not stop the rest. Strides are
 * the byte distances between elements: multiples of 8, at least each element's struct_size. A request's own `now` is used when it is
 * not SLUICE_NOW. Each decision's status says how it went; when one of them is wrong in itself nothing is decided. Returns:
 * SLUICE_OK when all elements were looked at; SLUICE_E_HANDLE, _INVALID, _UNSUPPORTED, _FORKED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_decide_many(sluice_engine engine, const sluice_request *requests, size_t request_stride,
                                            sluice_decision *decisions, size_t decision_stride, size_t count);

/* Why: the decision that a peek would give, as a text a person reads, a line for every limit checked. since 0.1 */
SLUICE_API sluice_status sluice_explain(sluice_engine engine, const sluice_request *request, char *buffer, size_t *length,
                                        sluice_error *error);

/* It has happened (inbound traffic, external sends): sluice_decide with SLUICE_FORCE. since 0.1 */
SLUICE_API sluice_status sluice_record_inbound(sluice_engine engine, const sluice_request *request, sluice_decision *decision);

/* Gives back everything a receipt took, exactly and only to the periods charged, and ends the receipt. Settling twice or after expiry
 * is SLUICE_E_NOT_FOUND and changes nothing. since 0.1 */
SLUICE_API sluice_status sluice_refund(sluice_engine engine, sluice_receipt receipt, int64_t now, sluice_error *error);
/* Settles with the actual quantities (as many as the operation declares): returns the rest or takes the excess as forced. since 0.1 */
SLUICE_API sluice_status sluice_commit(sluice_engine engine, sluice_receipt receipt, const uint64_t *quantities,
                                       uint32_t quantity_count, int64_t now, sluice_error *error);

/* ---- queue ---------------------------------------------------------------------------------------------------------------- */

/* Takes a message in, to be leased when its queue-mode limits let it go. All charges of the request that do not wait for that are
 * taken now, all or nothing, as by sluice_decide; a refused message has cost nothing but its attempt charges. Its operation has
 * the policy's line among its values, where an operation with a pool may leave it absent, and repeats nothing. Of the flags only
 * SLUICE_PEEK is known, which makes it peek_enqueue: nothing is held, charged or chosen for good, and `held` says by which line the
 * message would go, at which position, and when it would leave.
 * On a failure `decision` says so as in sluice_decide, and `held` reads as not held.
 * Ownership: borrows everything for the call; the engine keeps copies. `message` NULL: no payload, the operation's own class, at
 * once. `decision`, `held` may be NULL; when one is wrong in itself nothing is done. Returns: SLUICE_OK whenever the engine holds
 * the message; SLUICE_DENIED when it does not; SLUICE_E_INVALID, _HANDLE, _NOT_FOUND, _TIME, _CONFLICT, _UNSET, _UNSUPPORTED,
 * _FORKED, _TOO_MANY, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_enqueue(sluice_engine engine, const sluice_request *request, const sluice_message *message,
                                        sluice_decision *decision, sluice_held *held, sluice_error *error);

/* Takes an array in at one instant, in order: each element as sluice_enqueue, whatever becomes of the others. Strides as in
 * sluice_decide_many. `messages` (no payloads) and `held` may be NULL. Each decision's status says how it went; when a decision
 * or a `held` is wrong in itself nothing is done. Returns: SLUICE_OK when all elements were looked at; SLUICE_E_HANDLE, _INVALID,
 * _UNSUPPORTED, _FORKED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_enqueue_many(sluice_engine engine, const sluice_request *requests, size_t request_stride,
                                             const sluice_message *messages, size_t message_stride, sluice_decision *decisions,
                                             size_t decision_stride, sluice_held *held, size_t held_stride, size_t count);

/* Leases messages whose time has come, line after line by due instant, and takes their queue-mode charges. Who has leased a
 * message settles it before the lease ends; else it is delivered again, or is set aside as SLUICE_MESSAGE_UNKNOWN where its class
 * is delivered at most once. Leasing stops where rows or buffer are full. `options` NULL: as its INIT macro. *count: in the rows,
 * out the leases. *buffer_len: in the room, out the bytes used. `buffer` may lie anywhere; what is in it is aligned to 8 bytes.
 * *next_due (nullable): the earliest instant at which to lease again, of the lines named if some are; INT64_MAX: not before
 * something else changes.
 * Ownership: everything is copied to the caller's memory. Returns: SLUICE_OK, also when nothing is due; SLUICE_E_BUFFER when not
 * even the first message fits: nothing was leased, *count is 0, and *buffer_len is what it takes; SLUICE_E_INVALID, _HANDLE,
 * _NOT_FOUND (the pool), _TOO_MANY (lines), _TIME, _UNSUPPORTED, _FORKED, _NO_MEMORY: *count is 0. since 0.1 */
SLUICE_API sluice_status sluice_lease(sluice_engine engine, const sluice_lease_options *options, sluice_leased *leases, size_t *count,
                                      void *buffer, size_t *buffer_len, int64_t *next_due, sluice_error *error);

/* Says what came of leases, in order; each by itself, with its status and the message's state in its row: SLUICE_E_NOT_FOUND when
 * the message is not held (any more), SLUICE_E_STALE when the lease is not its current one, SLUICE_E_INVALID, _TIME. A lease that
 * ended without a word can be settled until the next one begins. Returns: SLUICE_OK when all rows were looked at;
 * SLUICE_E_HANDLE, _INVALID, _FORKED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_settle(sluice_engine engine, sluice_settlement *settlements, size_t count, int64_t now);
/* One lease with words for a failure: sent (ack), or one of the other outcomes (nack). Returns: as the rows of sluice_settle, and
 * SLUICE_E_HANDLE, _FORKED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_ack(sluice_engine engine, uint64_t message, uint32_t fence, int64_t now, sluice_error *error);
SLUICE_API sluice_status sluice_nack(sluice_engine engine, uint64_t message, uint32_t fence, int32_t outcome, int64_t retry_after,
                                     int64_t now, sluice_error *error);
/* The lease ends at now + ttl, be that later or earlier than before. Returns: SLUICE_OK, SLUICE_E_NOT_FOUND, SLUICE_E_STALE when
 * it does not run, SLUICE_E_INVALID, _TIME, _HANDLE, _FORKED. since 0.1 */
SLUICE_API sluice_status sluice_extend(sluice_engine engine, uint64_t message, uint32_t fence, int64_t ttl, int64_t now,
                                       sluice_error *error);

/* Ends a message that is not leased, and gives back what a message that was never sent has no use for. Returns: SLUICE_OK,
 * SLUICE_E_NOT_FOUND, SLUICE_E_STALE when it is leased: it may be on its way; SLUICE_E_TIME, _HANDLE, _FORKED. since 0.1 */
SLUICE_API sluice_status sluice_cancel(sluice_engine engine, uint64_t message, int64_t now, sluice_error *error);
/* Where a held message stands. Returns: SLUICE_OK, SLUICE_E_NOT_FOUND when it is not held (any more), SLUICE_E_INVALID, _TIME,
 * _HANDLE, _UNSUPPORTED, _FORKED. since 0.1 */
SLUICE_API sluice_status sluice_message_status(sluice_engine engine, uint64_t message, int64_t now, sluice_message_state *state,
                                               sluice_error *error);
/* Why a held message has not gone: every rule that holds it now, as JSON, in the order of their ends, so that the last is the one it
 * leaves by: {"message","state","line","position","eta","eta_kind","holds":[{"rule","until","until_kind",..}]}; docs/queue.md says
 * what each rule has beside. A leased message is held by none. Changes nothing. Returns: SLUICE_OK, SLUICE_E_NOT_FOUND when it is
 * not held (any more), SLUICE_E_BUFFER, _INVALID, _TIME, _HANDLE, _FORKED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_explain_message(sluice_engine engine, uint64_t message, int64_t now, char *buffer, size_t *length,
                                                sluice_error *error);
/* The earliest instant at which there is something to lease or to look at, exact to the ns; INT64_MAX: none. Any call that
 * changes the engine may change it. since 0.1 */
SLUICE_API sluice_status sluice_next_due(sluice_engine engine, int64_t *due);

/* ---- pools ---------------------------------------------------------------------------------------------------------------- */

/* Adds a line to a pool, or says anew how it stands, and does at once what follows for its messages: a line that is suspended or
 * removed holds, moves or fails what waits, and when it may be used again, recipients come home where the pool says so. Each
 * recipient that moves is an event. `report` may be NULL; it is all 0 unless the line was suspended or removed. When a struct is
 * wrong in itself nothing is done. Cost: of a line that is suspended or removed, a pass over what waits on it. Returns: SLUICE_OK;
 * SLUICE_E_NOT_FOUND for a pool that the policy does not have; SLUICE_E_INVALID, _TIME, _HANDLE, _UNSUPPORTED, _FORKED; _NO_MEMORY,
 * also when a pool has 4,096 lines: part of it may be done then, and saying it again does the rest. since 0.1 */
SLUICE_API sluice_status sluice_set_line(sluice_engine engine, const sluice_line_change *change, int64_t now,
                                         sluice_line_report *report, sluice_error *error);
/* The lines of a pool for one set of `by` values as a JSON list, [] while it has none:
 *   [{"line","state","reason":text|null,"paused_until":ns|null,"weight","depth","expected_wait":ns|null,"recipients"}]
 * "state" is a word ("active", "warming", ..), "depth" the messages held, "expected_wait" until what came now would leave (null:
 * nobody knows), "recipients" how many have it as theirs. Bytes that are not UTF-8 are shown as U+FFFD. Cost: one pass over the
 * records, a shard at a time. Returns: SLUICE_OK, SLUICE_E_NOT_FOUND, SLUICE_E_BUFFER, SLUICE_E_INVALID, _TIME, _HANDLE, _FORKED,
 * _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_list_lines(sluice_engine engine, const char *pool, size_t pool_len, const sluice_bytes *by,
                                           size_t by_count, int64_t now, char *buffer, size_t *length, sluice_error *error);

/* ---- campaigns ------------------------------------------------------------------------------------------------------------ */

/* Makes a campaign of one account: messages that bring its number (sluice_message.campaign) leave spread over its time, and are
 * paused or aborted as one. On failure *campaign is 0; else it is below 2^53 and never used again. One that finished or was aborted
 * is forgotten a day later. Returns: SLUICE_OK, SLUICE_E_INVALID, _TIME, _HANDLE, _UNSUPPORTED, _FORKED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_create_campaign(sluice_engine engine, const sluice_campaign_options *options, int64_t now,
                                                uint64_t *campaign, sluice_error *error);
/* Pauses, resumes, seals or aborts it. An abort is final from its return on: nothing of it is leased any more, what waited is
 * removed and has given back what it took; what is in flight is told, and is settled as usual. `report` (nullable) says how it
 * stands after that; when it is wrong in itself nothing is done. Returns: SLUICE_OK; SLUICE_E_NOT_FOUND; SLUICE_E_CONFLICT when it
 * was aborted and something else is asked; SLUICE_E_INVALID, _TIME, _HANDLE, _UNSUPPORTED, _FORKED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_change_campaign(sluice_engine engine, uint64_t campaign, int32_t change, int64_t now,
                                                sluice_campaign_report *report, sluice_error *error);
/* Gives it another rate at once, or none (NULL): of what left, as much as the old rate still kept back is owed under the new one, in
 * messages; nothing is granted at once. `report` as above. Returns: SLUICE_OK; SLUICE_E_NOT_FOUND; SLUICE_E_CONFLICT when it was
 * aborted; SLUICE_E_INVALID, _TIME, _HANDLE, _UNSUPPORTED, _FORKED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_set_campaign_rate(sluice_engine engine, uint64_t campaign, const char *rate, size_t rate_len,
                                                  int64_t now, sluice_campaign_report *report, sluice_error *error);
/* How it stands. Returns: SLUICE_OK, SLUICE_E_NOT_FOUND, SLUICE_E_INVALID, _HANDLE, _UNSUPPORTED, _FORKED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_campaign_status(sluice_engine engine, uint64_t campaign, sluice_campaign_report *report,
                                                sluice_error *error);
/* ---- planner -------------------------------------------------------------------------------------------------------------- */

/* Two questions about a policy, answered by running the engine on virtual time: no handle, no effect, the same answer each time.
 * They take as long as they simulate, some microseconds a message; call them where that may be. Shares are in hundredths of a
 * percent. The words, the rows and the reasons are in the JSON (docs/planner.md). */

/* sluice_line_question.arrivals */
enum {
  SLUICE_ARRIVALS_POISSON = 0, /* each message by itself, at the rate on average */
  SLUICE_ARRIVALS_EVEN = 1     /* the same time apart */
};

/* sluice_line_plan.warnings */
enum {
  SLUICE_PLAN_UNSTABLE_RULE = 1, /* the rule of thumb's lines are used wholly: what queues up is never worked off */
  SLUICE_PLAN_HOT_RECIPIENT = 2, /* one sticky recipient is written to as often as a line sends, or more: lines do not help */
  SLUICE_PLAN_HOT_LINE = 4,      /* with some number of lines, one of them draws more than it sends */
  SLUICE_PLAN_MANY_LINES = 8,    /* carriers discourage many numbers for one use (snowshoeing) */
  SLUICE_PLAN_OTHER_LIMIT = 16,  /* another limit of the operation lets less through than comes */
  SLUICE_PLAN_DEEP_QUEUE = 32,   /* more messages wait at a time than the policy's queue takes */
  SLUICE_PLAN_SHORT_RUN = 64     /* fewer lines kept the wait, in a run too short to tell */
};

/* The plan that every subject of a dimension is on. */
typedef struct sluice_on_plan {
  const char *dimension;
  size_t dimension_len;
  const char *plan;
  size_t plan_len;
} sluice_on_plan;

typedef struct sluice_line_question {
  uint32_t struct_size;
  int32_t arrivals;            /* SLUICE_ARRIVALS_* */
  const char *policy;          /* required */
  size_t policy_len;
  const char *stance;          /* NULL: "enforce" */
  size_t stance_len;
  const char *zoneinfo_dir;    /* NULL: TZDIR, else the system's */
  size_t zoneinfo_dir_len;
  const char *operation;       /* NULL: the only one whose messages can be queued */
  size_t operation_len;
  const sluice_on_plan *plans; /* NULL with 0: the policy's defaults */
  size_t plan_count;
  const char *rate;            /* required: how many messages come, "4/s" */
  size_t rate_len;
  int64_t wait;                /* the longest that is accepted, in ns, ... */
  uint64_t seed;
  uint32_t percentile;         /* ...by this share of the messages; 0: 9900 */
  uint32_t sticky;             /* 1: a recipient keeps its line */
  uint32_t recipients;         /* 0: 1,000; at most 200,000 */
  uint32_t skew;               /* Zipf's exponent in hundredths, up to 500; 0: all are written to alike */
  uint32_t messages;           /* simulated for each number of lines: 1,000 to 400,000; 0: 50,000 */
  uint32_t most_lines;         /* to try, up to 4,096; 0: four times the rule of thumb, and 16 */
} sluice_line_question;
#define SLUICE_LINE_QUESTION_INIT {sizeof(sluice_line_question), 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, 0, 1, 0, 0, \
                                   0, 0, 0, 0}

typedef struct sluice_line_plan {
  uint32_t struct_size;
  uint32_t lines;         /* the least that met the wait in a run, and are not used wholly; 0: none that was tried */
  uint32_t rule_of_thumb; /* what comes divided by what a line sends */
  uint32_t rule_met;      /* 1: so many do */
  uint32_t warnings;      /* SLUICE_PLAN_* */
  uint32_t used;          /* of what `lines` can send; 0 without an answer, as what follows */
  uint32_t busiest_drew;  /* of all messages, by the line that drew most */
  uint32_t hottest_share; /* of all messages, to the recipient that is written to most; also without an answer */
  int64_t at_percentile;  /* waits, in ns */
  int64_t p50;
  int64_t p95;
  int64_t p99;
  int64_t longest;
  int64_t simulated;      /* how long the traffic lasts; also without an answer */
} sluice_line_plan;
#define SLUICE_LINE_PLAN_INIT {sizeof(sluice_line_plan), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

typedef struct sluice_campaign_question {
  uint32_t struct_size;
  uint32_t share;              /* the most of a line's pace; 0: 5000 */
  const char *policy;          /* as in sluice_line_question */
  size_t policy_len;
  const char *stance;
  size_t stance_len;
  const char *zoneinfo_dir;
  size_t zoneinfo_dir_len;
  const char *operation;
  size_t operation_len;
  const sluice_on_plan *plans;
  size_t plan_count;
  const char *rate;            /* the campaign's own, "30/s": the most of all lines together; NULL: none */
  size_t rate_len;
  int64_t starts_at;           /* an instant */
  int64_t duration;            /* ns, up to 400 days; 0: as fast as the share of the lines allows */
  uint32_t recipients;         /* a message each; 1 to 200,000 */
  uint32_t in_conversation;    /* of those; the rest is new to the account */
  uint32_t lines;              /* 0: 1; at most 4,096 */
  uint32_t reserved0;
} sluice_campaign_question;
#define SLUICE_CAMPAIGN_QUESTION_INIT {sizeof(sluice_campaign_question), 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, 0, 0, \
                                       0, 0, 0, 0}

/* Whose campaign a running engine is asked about, and by which lines it goes. */
typedef struct sluice_live_campaign {
  uint32_t struct_size;
  uint32_t reserved0;
  const sluice_bytes *values;     /* of the operation, in its order; the line's and the recipient's are absent; required */
  size_t value_count;
  const sluice_bytes *lines;      /* those that it goes by, where the operation has no pool; NULL with 0: its pool's */
  size_t line_count;
  const sluice_bytes *recipients; /* to whom, one for each message; NULL with 0: to nobody that the engine has heard of */
  size_t recipient_count;
} sluice_live_campaign;
#define SLUICE_LIVE_CAMPAIGN_INIT {sizeof(sluice_live_campaign), 0, NULL, 0, NULL, 0, NULL, 0}

typedef struct sluice_campaign_plan {
  uint32_t struct_size;
  uint32_t blocker_count; /* limits that held messages; the JSON names them */
  int64_t starts_at;
  int64_t finishes_at;    /* when the last message leaves; 0: not within 400 days */
  int64_t unhindered;     /* ns that the lines, the duration and the rate alone would take */
  int64_t spread;         /* ns for which its own slots and rate, and no limit, held the next message */
  uint64_t sent;          /* messages, within 400 days */
  uint32_t peak_share;    /* of a line's pace, in the busiest while of the busiest line; 0: lines have none */
  uint32_t reserved0;
} sluice_campaign_plan;
#define SLUICE_CAMPAIGN_PLAN_INIT {sizeof(sluice_campaign_plan), 0, 0, 0, 0, 0, 0, 0, 0}

SLUICE_API void sluice_line_question_init(sluice_line_question *question, uint32_t size);
SLUICE_API void sluice_line_plan_init(sluice_line_plan *plan, uint32_t size);
SLUICE_API void sluice_campaign_question_init(sluice_campaign_question *question, uint32_t size);
SLUICE_API void sluice_live_campaign_init(sluice_live_campaign *live, uint32_t size);
SLUICE_API void sluice_campaign_plan_init(sluice_campaign_plan *plan, uint32_t size);

/* How many lines does this traffic need? A number is answered only when it met the wait in a run.
 * Ownership: borrows everything for the call. `plan` may be NULL; `buffer` and `length` NULL together: no text. When the buffer is
 * too small `plan` is not written either. Returns: SLUICE_OK, also when no number does; SLUICE_E_INVALID, _POLICY, _NOT_FOUND,
 * _UNSET, _TOO_MANY, _BUFFER, _UNSUPPORTED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_plan_lines(const sluice_line_question *question, sluice_line_plan *plan, char *buffer, size_t *length,
                                           sluice_error *error);

/* How long does this campaign take, and what holds it? As above. Returns: SLUICE_OK, also when it does not finish;
 * SLUICE_E_INVALID, _POLICY, _NOT_FOUND, _TIME, _UNSET, _TOO_MANY, _BUFFER, _UNSUPPORTED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_plan_campaign(const sluice_campaign_question *question, sluice_campaign_plan *plan, char *buffer,
                                              size_t *length, sluice_error *error);

/* The same of a running engine, given what it holds now (docs/planner.md says what of it is modelled). The engine stays as it is:
 * what the campaign would meet is copied, a record or a line at a time, and runs elsewhere. Of the question the policy, the stance,
 * the zones, the plans, the lines and in_conversation are the engine's own: leave them as INIT has them; starts_at 0: now.
 * Returns: as sluice_plan_campaign, and SLUICE_E_HANDLE, _FORKED; SLUICE_E_CONFLICT when the policy is reloaded all the while.
 * since 0.1 */
SLUICE_API sluice_status sluice_plan_campaign_on(sluice_engine engine, const sluice_live_campaign *live,
                                                 const sluice_campaign_question *question, sluice_campaign_plan *plan, char *buffer,
                                                 size_t *length, sluice_error *error);

/* ---- subjects ------------------------------------------------------------------------------------------------------------- */

/* Puts a subject of a one-dimension scope on a plan at once; what was spent carries over in units. since 0.1 */
SLUICE_API sluice_status sluice_set_plan(sluice_engine engine, const sluice_subject *subject, const char *plan, size_t plan_len,
                                         int64_t now, sluice_error *error);
/* Sets one subject's own amount of a limit, written as in a policy: `200`, `"80/s"`, `"unlimited"`, `"blocked"`, an object, or `null`
 * for the plan's again. since 0.1 */
SLUICE_API sluice_status sluice_set_amount(sluice_engine engine, int32_t limit_id, const sluice_subject *subject, const char *amount,
                                           size_t amount_len, int64_t now, sluice_error *error);
/* Sets the billing cycle of a subject: day 1..31, time of day in ns, zone (NULL: UTC). Use is kept; the period ends at the next
 * edge of the new cycle. since 0.1 */
SLUICE_API sluice_status sluice_set_billing(sluice_engine engine, const sluice_subject *subject, uint32_t day, int64_t time_of_day,
                                            const char *zone, size_t zone_len, int64_t now, sluice_error *error);
/* Puts `used` in place of a subject's use of a limit (migrations, reconciliation). since 0.1 */
SLUICE_API sluice_status sluice_set_usage(sluice_engine engine, int32_t limit_id, const sluice_subject *subject, uint64_t used,
                                          int64_t now, sluice_error *error);
/* Makes a subject's limits never seen; its plan, amounts and billing stay. since 0.1 */
SLUICE_API sluice_status sluice_reset(sluice_engine engine, const sluice_subject *subject, int64_t now, sluice_error *error);
/* Forgets a value of a dimension: every record that holds it, in every scope, with plan, amounts, receipts and idempotency keys.
 * Cost: one pass over all records, a shard at a time. `erased` may be NULL. since 0.1 */
SLUICE_API sluice_status sluice_erase(sluice_engine engine, const sluice_subject *subject, uint64_t *erased, int64_t now,
                                      sluice_error *error);

/* The provider said stop: closes an upstream limit for a subject until now + retry_after; only ever extends, at most the limit's
 * `longest`. since 0.1 */
SLUICE_API sluice_status sluice_report_throttled(sluice_engine engine, int32_t limit_id, const sluice_subject *subject,
                                                 int64_t retry_after, int64_t now, sluice_error *error);
SLUICE_API sluice_status sluice_clear_throttle(sluice_engine engine, int32_t limit_id, const sluice_subject *subject, int64_t now,
                                               sluice_error *error);
/* Reports the quality rating that promotions ask for: any name; "" for none. since 0.1 */
SLUICE_API sluice_status sluice_report_quality(sluice_engine engine, const sluice_subject *subject, const char *quality,
                                               size_t quality_len, int64_t now, sluice_error *error);

/* A subject's limits, metered, without charging. *count: in the room, out the rows there are. Returns: SLUICE_OK, SLUICE_E_BUFFER
 * (those that fit were written). since 0.1 */
SLUICE_API sluice_status sluice_usage(sluice_engine engine, const sluice_subject *subject, int64_t now, sluice_usage_row *rows,
                                      size_t *count, sluice_error *error);
/* The same as JSON, in the shape {"period": "2025-01-13", "emails": {"sent": 5420, "limit": 10000, "remaining": 4580}, ...}: groups and
 * words by the limits' `reports_as`; an unlimited limit has "limit": null, a custom one that was not set "limit": "custom", and
 * neither has "remaining". since 0.1 */
SLUICE_API sluice_status sluice_usage_json(sluice_engine engine, const sluice_subject *subject, int64_t now, char *buffer,
                                           size_t *length, sluice_error *error);
/* Some subjects of a scope as a JSON list [{"values": [..], "plan": name|null}], at most `max` from *cursor (0: the beginning); *cursor
 * becomes 0 at the end. Bytes that are not UTF-8 are shown as U+FFFD. since 0.1 */
SLUICE_API sluice_status sluice_list(sluice_engine engine, const char *scope, size_t scope_len, uint64_t *cursor, uint32_t max,
                                     char *buffer, size_t *length, sluice_error *error);

/* ---- answers over HTTP ---------------------------------------------------------------------------------------------------- */

/* A decision as status, headers and body, in the words of the policy's `dialect` and of those asked for (docs/http.md).
 * Effect: none. Preconditions: `decision` is as a call of this engine wrote it, also when that failed; without any call, INIT with its
 * status set. A policy whose dialect tells of limits by name needs the decision's rows: SLUICE_E_INVALID when `details` was NULL.
 * Ownership: all goes to the caller's memory. Is that too small, header_count and length tell what is needed, and what stands in the
 * buffer is of no use. Decision, terms and what they point at are borrowed for the call.
 * `terms` may be NULL. No memory is allocated for up to 32 rows. Returns: SLUICE_OK, SLUICE_E_BUFFER, _INVALID, _HANDLE,
 * _UNSUPPORTED, _FORKED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_answer(sluice_engine engine, const sluice_decision *decision, const sluice_answer_terms *terms,
                                       sluice_http *http, sluice_error *error);

/* The same for a request that asks what a subject has used, as the dialect's answer "usage" says it; without one it is what
 * sluice_usage_json writes. Of the terms `given` alone is looked at. Returns: as sluice_answer and sluice_usage. since 0.1 */
SLUICE_API sluice_status sluice_answer_usage(sluice_engine engine, const sluice_subject *subject, int64_t now,
                                             const sluice_answer_terms *terms, sluice_http *http, sluice_error *error);

/* ---- keeping house -------------------------------------------------------------------------------------------------------- */

/* Takes events out of the ring, oldest first. *count: in the room, out those written. `lost` (nullable): how many were dropped since
 * the last call. since 0.1 */
SLUICE_API sluice_status sluice_drain_events(sluice_engine engine, sluice_event *events, size_t *count, uint64_t *lost);
SLUICE_API sluice_status sluice_get_counters(sluice_engine engine, sluice_counters *counters);
/* The counters as text for a scrape: SLUICE_METRICS_*, labelled by policy, stance, result and kind, never by anything that a caller
 * brought (docs/http.md). Returns: SLUICE_OK, SLUICE_E_BUFFER, _INVALID, _HANDLE, _FORKED, _NO_MEMORY. since 0.1 */
SLUICE_API sluice_status sluice_metrics(sluice_engine engine, int32_t format, char *buffer, size_t *length, sluice_error *error);
/* Looks at no more than max_records records and drops those that equal never seen; also ends expired receipts, keys and, on the lines
 * among those records, messages. Call it when idle. `dropped` may be NULL. since 0.1 */
SLUICE_API sluice_status sluice_sweep(sluice_engine engine, int64_t now, uint64_t max_records, uint64_t *dropped);

#ifdef __cplusplus
}
#endif
#endif /* SLUICE_SLUICE_H_INCLUDED */
