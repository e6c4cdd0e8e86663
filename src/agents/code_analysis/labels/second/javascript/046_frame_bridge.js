/** Bridge between the host page and the payment frame. */

const PAYMENT_ORIGIN = 'https://pay.example.com';
const TYPES = new Set(['ready', 'resize', 'paid', 'failed']);

export class PaymentBridge {
  constructor(frame, status) {
    this.frame = frame;
    this.status = status;
    this.handlers = new Map([
      ['ready', () => this.send('init', { locale: document.documentElement.lang })],
      ['resize', (data) => this.resize(data.height)],
      ['paid', (data) => this.report(`Payment ${data.reference} received`)],
      ['failed', (data) => this.report(data.message || 'Payment failed')],
    ]);
    this.onMessage = this.onMessage.bind(this);
  }

  connect() {
    window.addEventListener('message', this.onMessage);
    this.frame.src = `${PAYMENT_ORIGIN}/frame`;
  }

  disconnect() {
    window.removeEventListener('message', this.onMessage);
    this.frame.removeAttribute('src');
  }

  onMessage(event) {
    if (event.origin !== PAYMENT_ORIGIN || event.source !== this.frame.contentWindow) {
      return;
    }
    const { type, data } = event.data ?? {};
    if (!TYPES.has(type)) {
      return;
    }
    this.handlers.get(type)(data ?? {});
  }

  resize(height) {
    const pixels = Math.min(Math.max(Number(height) || 0, 100), 1200);
    this.frame.style.height = `${pixels}px`;
  }

  report(text) {
    this.status.textContent = String(text).slice(0, 200);
    this.status.hidden = false;
  }

  send(type, data) {
    this.frame.contentWindow.postMessage({ type, data }, PAYMENT_ORIGIN);
  }
}

export function mount(selector) {
  const root = document.querySelector(selector);
  if (!root) {
    return null;
  }
  const bridge = new PaymentBridge(root.querySelector('iframe'), root.querySelector('.status'));
  bridge.connect();
  return bridge;
}
