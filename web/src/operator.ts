/** The operator's page: how the daemon and the gateway are, asked for every two seconds. */

import { ApiError, wordsOf, type Api, type Values } from "./api";
import { make, setText } from "./dom";
import { HOUR_MS, faultsOf, type Fault } from "./faults";
import type { Latency } from "./latency";
import type { Status } from "./protocol";
import { factsOf, processRow, seconds, troubleOf, workerRow, type Row } from "./report";

const EVERY_MS = 2_000;
/** Histories are asked for every so many turns, and of so many tickers at most. */
const FAULTS_EVERY = 5;
const MOST_HISTORIES = 50;

export class Operator {
  private readonly tables = new Map<string, string>();
  private readonly trouble = make("p", { class: "trouble", role: "status" });
  private readonly place = make("div", { class: "operator" });
  private readonly ended = new AbortController();
  private readonly timer: number;
  private turn = 0;
  private busy = false;

  constructor(
    private readonly api: Api,
    private readonly latency: Latency,
    private readonly page: () => Row,
    into: HTMLElement,
  ) {
    into.replaceChildren(make("h2", {}, "Operator"), this.trouble, this.place);
    for (const title of TITLES) this.place.append(make("section", { "data-title": title }, make("h3", {}, title), make("div")));
    this.timer = window.setInterval(() => void this.refresh(), EVERY_MS);
    void this.refresh();
  }

  close(): void {
    clearInterval(this.timer);
    this.ended.abort();
  }

  private async refresh(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const { daemon, gateway } = await this.api.status(this.ended.signal);
      this.gateway(gateway);
      if (daemon) await this.daemon(daemon);
      setText(this.trouble, daemon ? "" : "the gateway does not hear the daemon");
    } catch (error) {
      setText(this.trouble, wordsOf(error) ?? "");
    } finally {
      this.busy = false;
      this.turn += 1;
    }
  }

  private gateway(gateway: Values): void {
    const hops = Object.entries(this.latency.hops).map(([hop, samples]): Row => {
      const found = samples.quantiles();
      const ms = (value: number | undefined) => (value === undefined ? "–" : `${value.toFixed(1)} ms`);
      return { hop, median: ms(found?.median), "99 %": ms(found?.p99), samples: String(found?.count ?? 0) };
    });
    this.table("Latency of this page", hops);
    this.table("This page", [this.page()]);
    this.table("Subscribers", list(gateway["viewers"]).map(factsOf));
    const counters = (gateway["counters"] ?? {}) as Values;
    this.table("Gateway", [{ pid: String(gateway["pid"]), uptime: seconds(gateway["uptime"]), ...factsOf(counters) }]);
  }

  private async daemon(daemon: Values): Promise<void> {
    const { tickers } = await this.api.tickers(this.ended.signal);
    const tape = (daemon["tape"] ?? {}) as Values;
    const head = { pid: String(daemon["pid"]), uptime: seconds(daemon["uptime"]), restarts: String(daemon["restarts"]) };
    this.table("Daemon", [{ ...head, ...factsOf(tape) }]);
    this.table("Processes", list(daemon["processes"]).map((one) => processRow(one, Date.now())));
    this.table("Faults of processes, last hour", troubleOf(list(daemon["faults"]), Date.now() - HOUR_MS));
    this.table("Workers", list(daemon["workers"]).map(workerRow));
    this.table("Clients", list(daemon["clients"]).map((one) => ({
      agent: String(one["agent"]), tickers: String((one["tickers"] as unknown[]).length), lease: seconds(one["lease_left"]),
    })));
    this.table("Tickers", tickers.map((one): Row => ({
      symbol: String(one["symbol"]), phase: String(one["phase"]), code: String(one["code"]),
      source: String(one["source"] ?? "–"), worker: String(one["worker"] ?? "–"),
      restarts: String(one["attempt"] ?? 0), watchers: String(one["watchers"]),
    })));
    if (this.turn % FAULTS_EVERY === 0) await this.faults(tickers.map((one) => String(one["symbol"])));
  }

  private async faults(symbols: string[]): Promise<void> {
    const found: Fault[] = [];
    for (const symbol of symbols.slice(0, MOST_HISTORIES)) {
      const statuses = await this.statuses(symbol);
      found.push(...faultsOf(statuses, Date.now() - HOUR_MS));
    }
    found.sort((a, b) => b.at - a.at);
    this.table("Faults of tickers, last hour", found.map((one): Row => ({
      time: new Date(one.at).toLocaleTimeString("en-GB"), symbol: one.symbol, code: one.code, text: one.text,
      lasted: one.lasted === null ? "still" : seconds(one.lasted / 1000),
    })));
  }

  private async statuses(symbol: string): Promise<Status[]> {
    try {
      const { records } = await this.api.history(symbol, "status", 100, this.ended.signal);
      return records.filter((one): one is Status => one.k === "status");
    } catch (error) {
      // A ticker that went away meanwhile: the others still have their faults.
      if (error instanceof ApiError) return [];
      throw error;
    }
  }

  private table(title: Title, rows: Row[]): void {
    const known = JSON.stringify(rows);
    if (this.tables.get(title) === known) return;
    this.tables.set(title, known);
    const into = this.place.querySelector(`[data-title="${title}"] > div`);
    into?.replaceChildren(rows.length ? tableOf(title, rows) : make("p", {}, "none"));
  }
}

const TITLES = [
  "Daemon", "Processes", "Faults of processes, last hour", "Workers", "Tickers", "Faults of tickers, last hour", "Gateway", "Subscribers", "Clients",
  "Latency of this page", "This page",
] as const;
type Title = (typeof TITLES)[number];

function list(found: unknown): Values[] {
  return Array.isArray(found) ? (found as Values[]) : [];
}

function tableOf(title: string, rows: Row[]): HTMLElement {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const head = make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name)));
  const body = rows.map((row) => make("tr", {}, ...names.map((name) => make("td", {}, row[name] ?? ""))));
  const table = make("table", { "aria-label": title }, make("thead", {}, head), make("tbody", {}, ...body));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table: ${title}` }, table);
}
