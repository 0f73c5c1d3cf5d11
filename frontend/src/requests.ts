/** The part of htmx's request context that the console reads. */
export interface RequestContext {
  readonly request: { readonly method: string; readonly headers: Record<string, string> };
  readonly response?: { readonly status: number };
  readonly sourceElement: Element;
  readonly text?: string;
}

export type RequestEvent = CustomEvent<{ readonly ctx: RequestContext }>;

/** Send the CSRF header with every request that changes something, and leave for the sign-in page on 401. */
export function guardRequests(): void {
  document.body.addEventListener('htmx:config:request', (event) => {
    const { request } = (event as RequestEvent).detail.ctx;
    if (request.method !== 'GET') Object.assign(request.headers, csrfHeader());
  });
  document.body.addEventListener('htmx:before:response', (event) => {
    const status = (event as RequestEvent).detail.ctx.response?.status ?? 0;
    document.body.dispatchEvent(new CustomEvent(status >= 500 ? 'answer-failed' : 'answer-came'));
    if (status !== 401) return;
    event.preventDefault();
    signIn();
  });
}

/** Read the CSRF header that the layout rendered; empty when the page has none. */
export function csrfHeader(): Record<string, string> {
  const name = document.querySelector<HTMLMetaElement>('meta[name="csrf-header"]')?.content;
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content;
  return name && token ? { [name]: token } : {};
}

/** Leave for the sign-in page with the whole window, never within a fragment. */
export function signIn(): void {
  location.assign('/login');
}
