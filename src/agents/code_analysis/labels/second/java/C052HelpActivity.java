package com.acme.reader.ui;

import android.app.Activity;
import android.os.Bundle;
import android.webkit.WebResourceRequest;
import android.webkit.WebSettings;
import android.webkit.WebView;
import android.webkit.WebViewClient;

import com.acme.reader.R;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

public class C052HelpActivity extends Activity {

    public static final String EXTRA_TOPIC = "topic";

    private static final Map<String, String> TOPICS;

    static {
        Map<String, String> topics = new HashMap<>();
        topics.put("account", "file:///android_asset/help/account.html");
        topics.put("sync", "file:///android_asset/help/sync.html");
        topics.put("privacy", "file:///android_asset/help/privacy.html");
        TOPICS = Collections.unmodifiableMap(topics);
    }

    private static final String START = "file:///android_asset/help/index.html";

    private WebView webView;

    @Override
    protected void onCreate(Bundle savedInstanceState) {
        super.onCreate(savedInstanceState);
        setContentView(R.layout.activity_help);
        webView = findViewById(R.id.web);

        WebSettings settings = webView.getSettings();
        settings.setJavaScriptEnabled(false);
        settings.setAllowFileAccess(false);
        settings.setAllowContentAccess(false);
        webView.setWebViewClient(new WebViewClient() {
            @Override
            public boolean shouldOverrideUrlLoading(WebView view, WebResourceRequest request) {
                return !request.getUrl().toString().startsWith("file:///android_asset/help/");
            }
        });

        String topic = getIntent().getStringExtra(EXTRA_TOPIC);
        String page = topic == null ? null : TOPICS.get(topic);
        webView.loadUrl(page == null ? START : page);
    }

    @Override
    public void onBackPressed() {
        if (webView.canGoBack()) {
            webView.goBack();
        } else {
            super.onBackPressed();
        }
    }

    @Override
    protected void onDestroy() {
        webView.destroy();
        super.onDestroy();
    }
}
