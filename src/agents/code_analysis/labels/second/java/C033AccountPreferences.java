package com.acme.mail.account;

import android.content.Context;
import android.content.SharedPreferences;
import android.os.Bundle;
import android.text.TextUtils;
import android.view.View;
import android.widget.CheckBox;
import android.widget.EditText;
import android.widget.Toast;
import androidx.annotation.Nullable;
import androidx.appcompat.app.AppCompatActivity;

import com.acme.mail.R;
import com.acme.mail.net.MailService;

public class C033AccountPreferences extends AppCompatActivity {

    private static final String PREFS = "account";
    private static final String KEY_USER = "user";
    private static final String KEY_PASSWORD = "password";

    private EditText userField;
    private EditText passwordField;
    private CheckBox keepSignedIn;

    @Override
    protected void onCreate(@Nullable Bundle state) {
        super.onCreate(state);
        setContentView(R.layout.activity_account);
        userField = findViewById(R.id.user);
        passwordField = findViewById(R.id.password);
        keepSignedIn = findViewById(R.id.keep);
        SharedPreferences prefs = getSharedPreferences(PREFS, Context.MODE_PRIVATE);
        userField.setText(prefs.getString(KEY_USER, ""));
        findViewById(R.id.sign_in).setOnClickListener(this::signIn);
    }

    private void signIn(View button) {
        String user = userField.getText().toString().trim();
        String password = passwordField.getText().toString();
        if (TextUtils.isEmpty(user) || TextUtils.isEmpty(password)) {
            Toast.makeText(this, R.string.fill_in, Toast.LENGTH_SHORT).show();
            return;
        }
        button.setEnabled(false);
        MailService.get(this).signIn(user, password, success -> {
            button.setEnabled(true);
            if (success) {
                remember(user, keepSignedIn.isChecked() ? password : null);
                finish();
            } else {
                Toast.makeText(this, R.string.sign_in_failed, Toast.LENGTH_LONG).show();
            }
        });
    }

    private void remember(String user, @Nullable String password) {
        SharedPreferences.Editor editor = getSharedPreferences(PREFS, Context.MODE_PRIVATE).edit();
        editor.putString(KEY_USER, user);
        if (password == null) {
            editor.remove(KEY_PASSWORD);
        } else {
            editor.putString(KEY_PASSWORD, password);
        }
        editor.apply();
    }
}
