const express = require('express');
const cookieParser = require('cookie-parser');
const serialize = require('node-serialize');

const app = express();
app.use(cookieParser());
app.use(express.json());

const COOKIE = 'cart';
const OPTIONS = { httpOnly: true, secure: true, sameSite: 'lax', maxAge: 7 * 24 * 3600 * 1000 };

function encodeCart(cart) {
  return Buffer.from(serialize.serialize(cart)).toString('base64');
}

function decodeCart(value) {
  const text = Buffer.from(value, 'base64').toString('utf8');
  return serialize.unserialize(text);
}

function loadCart(req, res, next) {
  req.cart = { items: {}, updated: null };
  const value = req.cookies[COOKIE];
  if (value) {
    try {
      req.cart = decodeCart(value);
    } catch (err) {
      res.clearCookie(COOKIE);
    }
  }
  next();
}

function saveCart(req, res) {
  req.cart.updated = new Date().toISOString();
  res.cookie(COOKIE, encodeCart(req.cart), OPTIONS);
}

app.use(loadCart);

app.get('/cart', (req, res) => {
  res.json(req.cart);
});

app.put('/cart/items/:sku(\\d+)', (req, res) => {
  const quantity = Number(req.body.quantity);
  if (!Number.isInteger(quantity) || quantity < 0 || quantity > 99) {
    return res.status(400).json({ error: 'quantity' });
  }
  if (quantity === 0) {
    delete req.cart.items[req.params.sku];
  } else {
    req.cart.items[req.params.sku] = quantity;
  }
  saveCart(req, res);
  return res.json(req.cart);
});

app.listen(3000, '127.0.0.1');
