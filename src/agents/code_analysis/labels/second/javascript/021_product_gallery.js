(function () {
  'use strict';

  var API = '/api/products';
  var state = { filter: 'all', products: [] };

  function parseHash() {
    var params = {};
    window.location.hash
      .replace(/^#/, '')
      .split('&')
      .forEach(function (pair) {
        var parts = pair.split('=');
        if (parts[0]) {
          params[parts[0]] = decodeURIComponent(parts[1] || '');
        }
      });
    return params;
  }

  function card(product) {
    var element = document.createElement('article');
    var title = document.createElement('h3');
    title.textContent = product.name;
    var price = document.createElement('p');
    price.textContent = (product.cents / 100).toFixed(2) + ' €';
    element.appendChild(title);
    element.appendChild(price);
    return element;
  }

  function renderHeading(filter, count) {
    var heading = document.getElementById('gallery-heading');
    heading.innerHTML = 'Category <strong>' + filter + '</strong> (' + count + ')';
  }

  function render() {
    var list = document.getElementById('gallery');
    while (list.firstChild) {
      list.removeChild(list.firstChild);
    }
    var visible = state.products.filter(function (p) {
      return state.filter === 'all' || p.category === state.filter;
    });
    visible.forEach(function (p) {
      list.appendChild(card(p));
    });
    renderHeading(state.filter, visible.length);
  }

  function onHash() {
    state.filter = parseHash().category || 'all';
    render();
  }

  window.addEventListener('hashchange', onHash);

  fetch(API, { credentials: 'same-origin' })
    .then(function (response) {
      return response.json();
    })
    .then(function (products) {
      state.products = products;
      onHash();
    })
    .catch(function () {
      document.getElementById('gallery').textContent = 'The products could not be loaded.';
    });
})();
