(function () {
  const container = document.createElement('div');
  container.className = 'toast-container';
  document.body.appendChild(container);

  function parseFragment() {
    const fragment = window.location.hash.slice(1);
    const values = {};
    fragment.split('&').forEach((pair) => {
      const [key, value = ''] = pair.split('=');
      if (key) {
        values[key] = decodeURIComponent(value.replace(/\+/g, ' '));
      }
    });
    return values;
  }

  function show(message, level) {
    const toast = document.createElement('div');
    toast.className = 'toast toast-' + (level === 'error' ? 'error' : 'info');
    toast.innerHTML = '<strong>' + message + '</strong><button type="button">Close</button>';
    toast.querySelector('button').addEventListener('click', () => toast.remove());
    container.appendChild(toast);
    setTimeout(() => toast.remove(), 8000);
  }

  function onHashChange() {
    const values = parseFragment();
    if (values.toast) {
      show(values.toast, values.level);
      window.history.replaceState(null, '', window.location.pathname);
    }
  }

  window.addEventListener('hashchange', onHashChange);
  onHashChange();
})();
