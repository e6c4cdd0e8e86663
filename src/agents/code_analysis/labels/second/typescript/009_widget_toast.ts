type Level = 'info' | 'success' | 'error';

interface ToastOptions {
  level?: Level;
  timeout?: number;
}

class ToastHost {
  private readonly root: HTMLElement;

  constructor(doc: Document = document) {
    const existing = doc.getElementById('toast-host');
    if (existing) {
      this.root = existing;
    } else {
      this.root = doc.createElement('div');
      this.root.id = 'toast-host';
      doc.body.appendChild(this.root);
    }
  }

  show(message: string, options: ToastOptions = {}): HTMLElement {
    const el = document.createElement('div');
    el.className = 'toast toast--' + (options.level ?? 'info');
    el.innerHTML = '<span class="toast__icon"></span><p>' + message + '</p>';
    el.addEventListener('click', () => el.remove());
    this.root.appendChild(el);
    window.setTimeout(() => el.remove(), options.timeout ?? 6000);
    return el;
  }
}

function parseHash(hash: string): Map<string, string> {
  const out = new Map<string, string>();
  for (const pair of hash.replace(/^#/, '').split('&')) {
    const [key, value = ''] = pair.split('=');
    if (key) {
      out.set(key, decodeURIComponent(value));
    }
  }
  return out;
}

export function boot(): void {
  const host = new ToastHost();
  const announce = () => {
    const params = parseHash(window.location.hash);
    const message = params.get('flash');
    if (message) {
      host.show(message, { level: params.get('ok') ? 'success' : 'info' });
      history.replaceState(null, '', window.location.pathname + window.location.search);
    }
  };
  window.addEventListener('hashchange', announce);
  announce();
}

document.addEventListener('DOMContentLoaded', boot);
