/** The REST endpoints, with a deadline each. */

import type { Failure, StreamRecord } from "./protocol";

const WITHIN_MS = 5_000;

/** A request that was refused, or not answered; `hint` is the remedy. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

export interface Instrument {
  symbol: string;
  name: string;
  base: string;
  quote: string;
  trading: boolean;
}

export interface SourceFacts {
  source: string;
  summary: string;
  timeliness: string;
}

export interface History {
  symbol: string;
  records: StreamRecord[];
}

export type Values = Record<string, unknown>;

export class Api {
  token = "";

  search(text: string, signal: AbortSignal): Promise<{ found: Instrument[]; notes: string[] }> {
    return this.get("search", { q: text, limit: "8" }, signal);
  }

  history(ticker: string, kind: string, limit: number, signal?: AbortSignal): Promise<History> {
    return this.get("history", { ticker, kind, limit: String(limit) }, signal);
  }

  sources(): Promise<{ sources: SourceFacts[] }> {
    return this.get("sources", {});
  }

  status(signal?: AbortSignal): Promise<{ daemon: Values | null; gateway: Values }> {
    return this.get("status", {}, signal);
  }

  tickers(signal?: AbortSignal): Promise<{ tickers: Values[] }> {
    return this.get("tickers", {}, signal);
  }

  private async get<T>(name: string, query: Record<string, string>, signal?: AbortSignal): Promise<T> {
    const deadline = AbortSignal.timeout(WITHIN_MS);
    const response = await fetch(`v1/${name}?${new URLSearchParams(query)}`, {
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      headers: this.token ? { authorization: `Bearer ${this.token}` } : {},
    });
    const body = (await response.json()) as T & { error?: Failure };
    if (response.ok) return body;
    const { code = "http_error", message = response.statusText, hint = "" } = body.error ?? {};
    throw new ApiError(code, message, hint);
  }
}

/** What went wrong, in words; null when the request was only given up. */
export function wordsOf(error: unknown): string | null {
  if (error instanceof ApiError) return error.hint ? `${error.message}: ${error.hint}` : error.message;
  if (error instanceof DOMException && error.name === "AbortError") return null;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return "the gateway did not answer in time";
  }
  if (error instanceof TypeError || error instanceof SyntaxError) {
    return "the gateway cannot be reached";
  }
  throw error;
}
