// Questions to a deployed stack from 1 to 32 callers at once; docs/capacity.md says how to run it and how to read it.
//
//   GRAPHWELL_URL    address of the stack, up to and with its stage
//   GRAPHWELL_TOKEN  a bearer token with the role reader; it is read from the environment and printed nowhere
//   ROUTE            search (default) or query; query may call a language model, which costs money
//   QUESTIONS        file of questions, {"text": "..."} a line, such as queries.jsonl of a test collection
//   CALLERS          most callers at once, 32 by default
//   STEP             how long each number of callers stays, 30s by default
//   FRESH            1 makes every question a new one, so that none is answered from the cache
import { check, sleep } from "k6";
import { SharedArray } from "k6/data";
import exec from "k6/execution";
import http from "k6/http";
import { Counter, Rate, Trend } from "k6/metrics";

const ROUTE = __ENV.ROUTE || "search";
const CALLERS = Number(__ENV.CALLERS || 32);
const STEP = __ENV.STEP || "30s";
const FIELD = { search: "query", query: "question" }[ROUTE];
const SAMPLES = ["What is this about?", "Who is responsible for it?", "How often is it checked?", "What does it cost?"];

if (!__ENV.GRAPHWELL_URL || !__ENV.GRAPHWELL_TOKEN) {
  throw new Error("Set GRAPHWELL_URL and GRAPHWELL_TOKEN in the environment.");
}
if (!FIELD) {
  throw new Error(`ROUTE is ${ROUTE}; use search or query.`);
}

const questions = new SharedArray("questions", () =>
  __ENV.QUESTIONS
    ? open(__ENV.QUESTIONS)
        .split("\n")
        .filter((line) => line.trim())
        .map((line) => JSON.parse(line).text)
    : SAMPLES,
);

// 1, 2, 4 ... callers, each step held, so that a figure belongs to one number of callers.
function steps(most) {
  const counts = [];
  for (let callers = 1; callers < most; callers *= 2) counts.push(callers);
  return [...counts, most];
}

const failed = new Rate("failed"); // 5xx, and no reply at all
const limited = new Counter("limited"); // 429: the stack's limits, not its capacity
const kept = new Rate("from_cache");
const served = new Trend("served_ms", true);

const scenarios = {};
const thresholds = { failed: [{ threshold: "rate<0.01", abortOnFail: true, delayAbortEval: "20s" }] };
let startSeconds = 0;
for (const callers of steps(CALLERS)) {
  const name = `callers_${callers}`;
  scenarios[name] = {
    executor: "constant-vus",
    vus: callers,
    duration: STEP,
    startTime: `${startSeconds}s`,
    gracefulStop: "30s",
  };
  startSeconds += seconds(STEP);
  // One caller alone shows what a request costs; more show where the stack begins to queue.
  thresholds[`served_ms{scenario:${name}}`] = [ROUTE === "search" ? "p(95)<2000" : "p(95)<15000"];
}

export const options = {
  scenarios,
  thresholds,
  summaryTrendStats: ["count", "p(50)", "p(95)", "p(99)", "max"],
  userAgent: "graphwell-load",
};

function seconds(text) {
  const found = /^([0-9]+)(s|m)$/.exec(text);
  if (!found) throw new Error(`STEP is ${text}; use seconds or minutes such as 30s or 2m.`);
  return Number(found[1]) * (found[2] === "m" ? 60 : 1);
}

export default function ask() {
  const number = exec.scenario.iterationInTest;
  const text = questions[number % questions.length];
  const body = { [FIELD]: __ENV.FRESH ? `${text} (${exec.vu.idInTest}-${number})` : text, top_k: 10 };
  const reply = http.post(`${__ENV.GRAPHWELL_URL.replace(/\/$/, "")}/v1/${ROUTE}`, JSON.stringify(body), {
    headers: { Authorization: `Bearer ${__ENV.GRAPHWELL_TOKEN}`, "Content-Type": "application/json" },
    tags: { name: ROUTE },
    timeout: "30s",
  });
  if (reply.status === 429) {
    limited.add(1);
    sleep(Math.min(Number(reply.headers["Retry-After"]) || 1, 10));
    return;
  }
  failed.add(reply.status === 0 || reply.status >= 500);
  if (reply.status === 401 || reply.status === 403) {
    exec.test.abort("The stack refuses the token; make a new one with the role reader.");
  }
  const answered = check(reply, { "is answered": (one) => one.status === 200 });
  if (!answered) return;
  served.add(reply.timings.duration);
  if (ROUTE === "query") kept.add(reply.json("cache.hit") !== null);
}
