'use strict';

const express = require('express');
const passport = require('passport');
const csrf = require('@dr.pogodin/csurf');

const router = express.Router();
const protect = csrf();

const DEFAULT_TARGET = '/dashboard';

function rememberTarget(req, res, next) {
  const target = req.query.returnTo || req.get('Referer');
  if (target) {
    req.session.returnTo = target;
  }
  next();
}

function takeTarget(session) {
  const target = session.returnTo || DEFAULT_TARGET;
  delete session.returnTo;
  return target;
}

router.get('/login', protect, rememberTarget, (req, res) => {
  res.render('login', { csrfToken: req.csrfToken(), failed: req.query.failed === '1' });
});

router.post('/login', protect, (req, res, next) => {
  passport.authenticate('local', (err, user) => {
    if (err) {
      return next(err);
    }
    if (!user) {
      return res.redirect('/login?failed=1');
    }
    const target = takeTarget(req.session);
    return req.session.regenerate((regenerateError) => {
      if (regenerateError) {
        return next(regenerateError);
      }
      return req.login(user, (loginError) => {
        if (loginError) {
          return next(loginError);
        }
        return res.redirect(target);
      });
    });
  })(req, res, next);
});

router.post('/logout', protect, (req, res, next) => {
  req.logout((err) => {
    if (err) {
      return next(err);
    }
    return res.redirect('/login');
  });
});

module.exports = router;
