(function () {
  const CLASSES = [/[a-z]/, /[A-Z]/, /\d/, /[^\w\s]/];
  const LABELS = ['very weak', 'weak', 'fair', 'good', 'strong'];

  function score(password) {
    if (password.length < 8) {
      return 0;
    }
    const variety = CLASSES.filter((expression) => expression.test(password)).length;
    const distinct = new Set(password).size;
    const points = variety + (password.length >= 14 ? 1 : 0) - (distinct < 6 ? 2 : 0);
    return Math.min(LABELS.length - 1, Math.max(0, points));
  }

  class PasswordMeter {
    constructor(input) {
      this.input = input;
      this.meter = document.createElement('meter');
      this.meter.max = LABELS.length - 1;
      this.label = document.createElement('span');
      this.label.setAttribute('aria-live', 'polite');
      input.after(this.meter, this.label);
      input.addEventListener('input', () => this.update());
      this.update();
    }

    update() {
      const value = score(this.input.value);
      this.meter.value = value;
      this.label.textContent = this.input.value ? LABELS[value] : '';
    }
  }

  document.querySelectorAll('input[data-meter]').forEach((input) => new PasswordMeter(input));
})();
