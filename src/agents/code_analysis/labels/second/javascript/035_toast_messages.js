const ICONS = {
  info: '<svg viewBox="0 0 16 16"><circle cx="8" cy="8" r="7"/></svg>',
  warn: '<svg viewBox="0 0 16 16"><path d="M8 1 15 15H1z"/></svg>',
  done: '<svg viewBox="0 0 16 16"><path d="m3 8 3 3 7-7"/></svg>',
};

const TIMEOUT = 6000;

class Toasts {
  constructor(container) {
    this.container = container;
    this.timers = new WeakMap();
  }

  show(text, kind = 'info') {
    const toast = document.createElement('div');
    toast.className = 'toast';
    toast.dataset.kind = kind;

    const icon = document.createElement('span');
    icon.innerHTML = Object.hasOwn(ICONS, kind) ? ICONS[kind] : ICONS.info;
    toast.append(icon);

    const body = document.createElement('p');
    body.textContent = text;
    toast.append(body);

    const close = document.createElement('button');
    close.type = 'button';
    close.innerHTML = '&times;';
    close.addEventListener('click', () => this.remove(toast));
    toast.append(close);

    this.container.append(toast);
    this.timers.set(
      toast,
      setTimeout(() => this.remove(toast), TIMEOUT)
    );
    return toast;
  }

  remove(toast) {
    clearTimeout(this.timers.get(toast));
    toast.remove();
  }

  clear() {
    this.container.innerHTML = '';
  }
}

function fromLocation(toasts) {
  const params = new URLSearchParams(window.location.search);
  const message = params.get('message');
  if (message) {
    toasts.show(message.slice(0, 200), params.get('kind') ?? 'info');
    params.delete('message');
    params.delete('kind');
    const query = params.toString();
    window.history.replaceState(null, '', window.location.pathname + (query ? `?${query}` : ''));
  }
}

document.addEventListener('DOMContentLoaded', () => {
  const toasts = new Toasts(document.getElementById('toasts'));
  fromLocation(toasts);
  window.addEventListener('offline', () => toasts.show('You are offline', 'warn'));
});

export { Toasts };
