(function () {
  const LEVELS = ['info', 'success', 'error'];
  const container = document.createElement('div');
  container.className = 'toasts';
  document.body.append(container);

  function element(name, className, text) {
    const node = document.createElement(name);
    node.className = className;
    node.textContent = text;
    return node;
  }

  function show(message, level) {
    const toast = element('div', `toast toast-${LEVELS.includes(level) ? level : 'info'}`, '');
    const close = element('button', 'toast-close', 'Close');
    close.type = 'button';
    close.addEventListener('click', () => toast.remove());
    toast.append(element('strong', 'toast-text', message), close);
    container.append(toast);
    setTimeout(() => toast.remove(), 8000);
  }

  function onHashChange() {
    const values = new URLSearchParams(window.location.hash.slice(1));
    const message = values.get('toast');
    if (message) {
      show(message.slice(0, 200), values.get('level'));
      window.history.replaceState(null, '', window.location.pathname);
    }
  }

  window.addEventListener('hashchange', onHashChange);
  onHashChange();
})();
