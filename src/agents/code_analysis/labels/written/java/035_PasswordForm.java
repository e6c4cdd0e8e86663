package com.acme.ui;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

public final class PasswordForm {

    private static final int MIN_LENGTH = 12;

    private final Set<String> common;

    public PasswordForm(Set<String> common) {
        this.common = Set.copyOf(common);
    }

    public List<String> validate(char[] password, char[] repeated) {
        List<String> problems = new ArrayList<>();
        if (password.length < MIN_LENGTH) {
            problems.add("password.tooShort");
        }
        if (!Arrays.equals(password, repeated)) {
            problems.add("password.mismatch");
        }
        if (common.contains(String.valueOf(password))) {
            problems.add("password.common");
        }
        long kinds = 0;
        kinds += has(password, Character.LOWERCASE_LETTER) ? 1 : 0;
        kinds += has(password, Character.UPPERCASE_LETTER) ? 1 : 0;
        kinds += has(password, Character.DECIMAL_DIGIT_NUMBER) ? 1 : 0;
        if (kinds < 2) {
            problems.add("password.tooSimple");
        }
        return problems;
    }

    private static boolean has(char[] text, byte type) {
        for (char c : text) {
            if (Character.getType(c) == type) {
                return true;
            }
        }
        return false;
    }
}
