import { AbstractControl, ValidationErrors, ValidatorFn, Validators } from '@angular/forms';

export interface PasswordRules {
  minLength: number;
  minClasses: number;
}

const CLASSES: readonly RegExp[] = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9\s]/];

export function characterClasses(text: string): number {
  return CLASSES.filter((expression) => expression.test(text)).length;
}

export function passwordRules(rules: PasswordRules): ValidatorFn {
  return (control: AbstractControl<string | null>): ValidationErrors | null => {
    const value = control.value ?? '';
    const errors: ValidationErrors = {};
    if (value.length < rules.minLength) {
      errors['tooShort'] = { needed: rules.minLength, actual: value.length };
    }
    if (characterClasses(value) < rules.minClasses) {
      errors['tooUniform'] = { needed: rules.minClasses };
    }
    return Object.keys(errors).length > 0 ? errors : null;
  };
}

export function sameAs(other: string): ValidatorFn {
  return (control: AbstractControl): ValidationErrors | null => {
    const parent = control.parent;
    const matching = parent?.get(other)?.value === control.value;
    return !parent || matching ? null : { different: { other } };
  };
}

export const newPasswordValidators: ValidatorFn[] = [
  Validators.required,
  passwordRules({ minLength: 12, minClasses: 3 }),
];
