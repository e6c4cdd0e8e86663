(function () {
  const outlet = document.getElementById('outlet');
  const routes = new Map();

  function register(name, view) {
    routes.set(name, view);
  }

  function heading(text) {
    const node = document.createElement('h1');
    node.textContent = text;
    return node;
  }

  function parse(hash) {
    const [name = '', ...rest] = hash.replace(/^#\/?/, '').split('/');
    return { name: name || 'home', args: rest.slice(0, 4) };
  }

  function redirect(name) {
    window.location.hash = `#/${name}`;
  }

  function navigate() {
    const { name, args } = parse(window.location.hash);
    const view = routes.get(name);
    if (!view) {
      redirect('home');
      return;
    }
    outlet.replaceChildren(view(...args));
    document.title = `Workshop – ${name}`;
  }

  register('home', () => heading('Welcome'));
  register('orders', () => heading('Your orders'));
  register('order', (id) => heading(`Order ${Number.parseInt(id, 10) || 'unknown'}`));

  window.addEventListener('hashchange', navigate);
  navigate();
})();
