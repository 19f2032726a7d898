// SPDX-License-Identifier: Apache-2.0
#include "tests/support/engine_fixture.h"

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <tuple>

namespace sluice::testing {
namespace {

// "line=+1,recipient=+2" as a scope and values. Values have no comma.
class SubjectText {
 public:
  explicit SubjectText(const std::string& text) {
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
      const size_t equals = part.find('=');
      scope_ += (scope_.empty() ? "" : ",") + part.substr(0, equals);
      texts_.push_back(part.substr(equals + 1));
    }
    values_.assign(texts_.begin(), texts_.end());
  }
  SubjectText(const SubjectText&) = delete;
  SubjectText& operator=(const SubjectText&) = delete;
  SubjectName name() const { return {scope_, values_}; }

 private:
  std::string scope_;
  std::vector<std::string> texts_;
  std::vector<Bytes> values_;
};

std::string wait_in_words(const Decision& d) {
  switch (d.wait_kind) {
    case WaitKind::none: return "";
    case WaitKind::exact: return ", in " + seconds(d.retry_after);
    case WaitKind::bound: return ", not before " + seconds(d.retry_after);
    case WaitKind::unknown: return ", on release";
    case WaitKind::never: return ", at most " + std::to_string(d.largest_cost);
  }
  return "?";
}

auto fields(const Decision& d) {
  return std::make_tuple(d.status, d.denial, d.wait_kind, d.now, d.retry_after, d.largest_cost, d.limit_id, d.flags, d.limit,
                         d.used, d.remaining, d.resets_at, d.opens_at, d.receipt != 0, d.detail_count);
}

auto fields(const Detail& d) {
  return std::tie(d.limit_id, d.denial, d.limit, d.used, d.remaining, d.resets_at, d.opens_at, d.charge, d.subject, d.flags);
}

}  // namespace

const char* word(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::denied: return "denied";
    case Status::would_queue: return "would_queue";
    case Status::invalid: return "invalid";
    case Status::handle: return "handle";
    case Status::no_memory: return "no_memory";
    case Status::not_found: return "not_found";
    case Status::policy: return "policy";
    case Status::time: return "time";
    case Status::conflict: return "conflict";
    case Status::unset: return "unset";
    case Status::buffer: return "buffer";
    case Status::unsupported: return "unsupported";
    case Status::forked: return "forked";
    case Status::would_reset: return "would_reset";
    case Status::too_many: return "too_many";
    case Status::stale: return "stale";
    case Status::internal: return "internal";
  }
  return "?";
}

const char* word(DenialKind kind) {
  constexpr const char* kWords[] = {"none",     "memory", "rate",  "depth",   "upstream", "pool",
                                    "distinct", "gauge",  "quota", "blocked", "never"};
  return kWords[static_cast<size_t>(kind)];
}

std::string seconds(Span span) {
  std::string text = std::to_string(span / kSecond);
  std::string rest = std::to_string(kSecond + span % kSecond).substr(1);
  while (!rest.empty() && rest.back() == '0') rest.pop_back();
  return text + (rest.empty() ? "" : "." + rest) + "s";
}

AskBytes::AskBytes(const Ask& ask, int32_t operation) : ask_(ask) {
  for (const std::string& v : ask_.values) values_.push_back(v.empty() ? Bytes() : Bytes(v));
  repeated_.assign(ask_.repeated.begin(), ask_.repeated.end());
  request_.operation = operation;
  request_.values = values_;
  request_.repeated = repeated_;
  request_.quantities = ask_.quantities;
  if (!ask_.key.empty()) request_.idempotency_key = ask_.key;
  request_.now = ask_.now;
  request_.flags = ask_.flags;
}

std::string Answer::story() const {
  const Decision& d = decision;
  if (d.status == Status::ok) return (d.flags & flag::replayed) != 0 ? "replayed" : "allowed";
  if (d.status == Status::denied) return "denied: " + std::string(word(d.denial)) + " by " + limit + wait_in_words(d);
  if (d.status == Status::would_queue) return "would queue: by " + limit + wait_in_words(d);
  return "error: " + std::string(word(d.status));
}

bool operator==(const Answer& answer, std::string_view story) { return answer.story() == story; }

bool operator==(const Answer& a, const Answer& b) {
  if (fields(a.decision) != fields(b.decision) || a.details.size() != b.details.size() || a.error != b.error) return false;
  for (size_t i = 0; i < a.details.size(); ++i) {
    if (fields(a.details[i]) != fields(b.details[i])) return false;
  }
  return true;
}

void PrintTo(const Answer& answer, std::ostream* out) {
  *out << answer.story();
  if (!answer.error.empty()) *out << " (" << answer.error << ")";
  const Decision& d = answer.decision;
  *out << " [status " << word(d.status) << ", denial " << word(d.denial) << ", wait " << static_cast<int>(d.wait_kind) << " "
       << d.retry_after << ", now " << d.now << ", used " << d.used << ", limit " << d.limit << ", remaining " << d.remaining
       << ", resets at " << d.resets_at << ", opens at " << d.opens_at << ", flags " << d.flags << ", receipt " << d.receipt
       << ", largest " << d.largest_cost << ", rows " << d.detail_count << "]";
  for (const Detail& row : answer.details) {
    *out << "\n  limit " << row.limit_id << " charge " << row.charge << " subject " << row.subject << ": " << row.used << " of "
         << row.limit << ", " << row.remaining << " left, denial " << word(row.denial) << ", resets at " << row.resets_at
         << ", opens at " << row.opens_at << ", flags " << row.flags;
  }
}

std::string account_limits(const std::vector<LimitText>& limits, const std::string& subjects) {
  std::string text, charges;
  for (const LimitText& limit : limits) {
    text += "{ \"name\": \"" + limit.name + "\", \"scope\": [\"account\"], " + limit.body + " },\n";
    charges += "{ \"limit\": \"" + limit.name + "\" }, ";
  }
  return "{ \"name\": \"test\", \"tenant\": \"account\",\n" + (subjects.empty() ? "" : "\"subjects\": [" + subjects + "],\n") +
         "\"limits\": [" + text + "],\n\"operations\": [ { \"name\": \"send\", \"values\": [\"account\"], \"charges\": [" +
         charges + "] } ] }";
}

std::string policy_file(const std::string& name) {
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/policies/" + name + ".jsonc");
  EXPECT_TRUE(file) << "no policies/" << name << ".jsonc";
  return {std::istreambuf_iterator<char>(file), {}};
}

TestEngine::TestEngine() {
  options.manual_clock = true;
  options.manual_now = kStart;
  options.shards = 16;
}

TestEngine::~TestEngine() { close(); }

void TestEngine::open(const std::string& policy, const std::string& stance) {
  options.stance = stance;
  const Status status = try_open(policy);
  if (status != Status::ok) throw std::runtime_error("open: " + std::string(word(status)) + ": " + error);
}

Status TestEngine::try_open(const std::string& policy) {
  close();
  options.policy = policy;
  options.manual_now = now_;
  return Engine::create(options, &handle, &error);
}

void TestEngine::close() {
  if (handle != 0) {
    EXPECT_EQ(Engine::destroy(handle), Status::ok);
  }
  handle = 0;
}

void TestEngine::set_clock(Instant now) {
  now_ = now;
  if (handle != 0) {
    ASSERT_EQ(Engine::set_clock(handle, now), Status::ok);
  }
}

Answer TestEngine::ask(const Ask& ask) {
  Answer answer;
  answer.details.resize(ask.detailed ? 256 : 0);
  answer.decision.details = answer.details;
  const AskBytes bytes(ask, operation(ask.operation));
  const Status status = Engine::decide(handle, bytes.request(), &answer.decision, &answer.error);
  EXPECT_EQ(status, answer.decision.status);
  answer.details.resize(std::min<size_t>(answer.details.size(), answer.decision.detail_count));
  answer.decision.details = {};
  answer.limit = limit_name(answer.decision.limit_id);
  if (static_cast<int>(status) < 0) error = answer.error;
  return answer;
}

std::string TestEngine::explain(const Ask& ask) {
  const AskBytes bytes(ask, operation(ask.operation));
  std::string text;
  const Status status = Engine::explain(handle, bytes.request(), &text, &error);
  return status == Status::ok ? text : "error: " + std::string(word(status));
}

uint64_t TestEngine::receipt_for(Ask ask) {
  ask.flags |= flag::receipt;
  const Answer answer = this->ask(ask);
  EXPECT_EQ(answer, "allowed");
  EXPECT_NE(answer.decision.receipt, 0u);
  return answer.decision.receipt;
}

Status TestEngine::refund(uint64_t receipt) { return Engine::refund(handle, receipt, kEngineClock, &error); }

Status TestEngine::commit(uint64_t receipt, const std::vector<uint64_t>& quantities) {
  return Engine::commit(handle, receipt, quantities, kEngineClock, &error);
}

Status TestEngine::set_plan(const std::string& subject, const std::string& plan) {
  return Engine::set_plan(handle, SubjectText(subject).name(), plan, kEngineClock, &error);
}

Status TestEngine::set_amount(const std::string& limit, const std::string& subject, const std::string& amount) {
  return Engine::set_amount(handle, this->limit(limit), SubjectText(subject).name(), amount, kEngineClock, &error);
}

Status TestEngine::set_billing(const std::string& subject, uint32_t day, Span time_of_day, const std::string& zone) {
  return Engine::set_billing(handle, SubjectText(subject).name(), day, time_of_day, zone, kEngineClock, &error);
}

Status TestEngine::set_usage(const std::string& limit, const std::string& subject, uint64_t used) {
  return Engine::set_usage(handle, this->limit(limit), SubjectText(subject).name(), used, kEngineClock, &error);
}

Status TestEngine::reset(const std::string& subject) {
  return Engine::reset(handle, SubjectText(subject).name(), kEngineClock, &error);
}

Status TestEngine::erase(const std::string& subject, uint64_t* erased) {
  return Engine::erase(handle, SubjectText(subject).name(), erased, kEngineClock, &error);
}

Status TestEngine::throttled(const std::string& limit, const std::string& subject, Span retry_after) {
  return Engine::report_throttled(handle, this->limit(limit), SubjectText(subject).name(), retry_after, kEngineClock, &error);
}

Status TestEngine::cleared(const std::string& limit, const std::string& subject) {
  return Engine::clear_throttle(handle, this->limit(limit), SubjectText(subject).name(), kEngineClock, &error);
}

Status TestEngine::quality(const std::string& subject, const std::string& quality) {
  return Engine::report_quality(handle, SubjectText(subject).name(), quality, kEngineClock, &error);
}

std::map<std::string, UsageRow> TestEngine::usage(const std::string& subject) {
  std::vector<UsageRow> rows;
  EXPECT_EQ(Engine::usage(handle, SubjectText(subject).name(), kEngineClock, &rows, &error), Status::ok) << error;
  std::map<std::string, UsageRow> by_name;
  for (const UsageRow& row : rows) by_name[limit_name(row.limit_id)] = row;
  return by_name;
}

std::string TestEngine::ledger(const std::vector<std::string>& subjects) {
  std::ostringstream text;
  for (const std::string& subject : subjects) {
    for (const auto& [name, row] : usage(subject)) {
      text << subject << " " << name << ": " << row.used << " of " << row.limit << ", " << row.remaining << " left, "
           << row.overage << " over, from " << row.period_begins << " to " << row.resets_at << ", flags " << row.flags << "\n";
    }
  }
  return text.str();
}

std::string TestEngine::usage_json(const std::string& subject) {
  std::string json;
  EXPECT_EQ(Engine::usage_json(handle, SubjectText(subject).name(), kEngineClock, &json, &error), Status::ok) << error;
  return json;
}

std::string TestEngine::list(const std::string& scope, uint64_t* cursor, uint32_t max) {
  std::string json;
  EXPECT_EQ(Engine::list(handle, scope, cursor, max, &json, &error), Status::ok) << error;
  return json;
}

std::vector<Event> TestEngine::drain(size_t room, uint64_t* lost) {
  std::vector<Event> events(room);
  size_t count = 0;
  EXPECT_EQ(Engine::drain_events(handle, events, &count, lost), Status::ok);
  events.resize(count);
  return events;
}

std::vector<std::string> TestEngine::events() {
  std::vector<std::string> lines;
  for (const Event& event : drain()) {
    const std::string subject(event.subject, std::min<size_t>(event.subject_len, sizeof event.subject));
    const std::string use = " at " + std::to_string(event.used) + " of " + std::to_string(event.limit);
    const std::string where = limit_name(event.limit_id) + " for " + subject;
    switch (event.kind) {
      case EventKind::threshold:
        lines.push_back(std::to_string(event.share / 100) + "% of " + where + use +
                        (event.by_plan_change ? ", by plan change" : ""));
        break;
      case EventKind::promotion: lines.push_back("promotion to " + std::to_string(event.plan) + " by " + where + use); break;
      case EventKind::saturated: lines.push_back("saturated " + where); break;
      case EventKind::memory: lines.push_back("memory"); break;
      case EventKind::sender_changed: lines.push_back("sender changed of " + subject); break;
      case EventKind::campaign_paused: lines.push_back("campaign paused: " + subject); break;
      case EventKind::campaign_finished: lines.push_back("campaign finished: " + subject); break;
    }
  }
  return lines;
}

Counters TestEngine::counters() {
  Counters out;
  EXPECT_EQ(Engine::counters(handle, &out), Status::ok);
  return out;
}

Status TestEngine::reload(const std::string& policy, bool allow_reset, const std::string& stance) {
  return Engine::reload(handle, policy, stance, allow_reset, kEngineClock, &error);
}

uint64_t TestEngine::sweep(uint64_t max_records) {
  uint64_t dropped = 0;
  EXPECT_EQ(Engine::sweep(handle, kEngineClock, max_records, &dropped), Status::ok);
  return dropped;
}

std::string TestEngine::limit_name(int32_t id) {
  std::string name;
  return Engine::limit_name(handle, id, &name) == Status::ok ? name : "-";
}

}  // namespace sluice::testing
