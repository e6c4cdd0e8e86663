package com.acme.mail.account;

import android.content.Context;
import android.content.SharedPreferences;
import android.util.Log;
import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import androidx.security.crypto.EncryptedSharedPreferences;
import androidx.security.crypto.MasterKey;

import java.io.IOException;
import java.security.GeneralSecurityException;

public final class C054TokenPreferences {

    private static final String TAG = "C054TokenPreferences";
    private static final String SECURE_FILE = "account_secure";
    private static final String PLAIN_FILE = "settings";
    private static final String KEY_TOKEN = "refresh_token";
    private static final String KEY_SHOW_PASSWORD = "show_password_while_typing";

    private final SharedPreferences secure;
    private final SharedPreferences plain;

    public C054TokenPreferences(@NonNull Context context) throws GeneralSecurityException, IOException {
        Context app = context.getApplicationContext();
        MasterKey masterKey = new MasterKey.Builder(app)
                .setKeyScheme(MasterKey.KeyScheme.AES256_GCM)
                .build();
        secure = EncryptedSharedPreferences.create(
                app,
                SECURE_FILE,
                masterKey,
                EncryptedSharedPreferences.PrefKeyEncryptionScheme.AES256_SIV,
                EncryptedSharedPreferences.PrefValueEncryptionScheme.AES256_GCM);
        plain = app.getSharedPreferences(PLAIN_FILE, Context.MODE_PRIVATE);
    }

    public void storeToken(@NonNull String token) {
        secure.edit().putString(KEY_TOKEN, token).apply();
        Log.d(TAG, "token stored");
    }

    @Nullable
    public String token() {
        return secure.getString(KEY_TOKEN, null);
    }

    public void clear() {
        secure.edit().remove(KEY_TOKEN).apply();
        Log.d(TAG, "token removed");
    }

    public boolean showPasswordWhileTyping() {
        return plain.getBoolean(KEY_SHOW_PASSWORD, false);
    }

    public void setShowPasswordWhileTyping(boolean show) {
        plain.edit().putBoolean(KEY_SHOW_PASSWORD, show).apply();
    }
}
