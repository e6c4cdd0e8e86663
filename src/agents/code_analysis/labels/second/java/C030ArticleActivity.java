package com.acme.reader.ui;

import android.app.Activity;
import android.content.Intent;
import android.net.Uri;
import android.os.Bundle;
import android.util.Log;
import android.view.View;
import android.webkit.WebSettings;
import android.webkit.WebView;
import android.webkit.WebViewClient;
import android.widget.ProgressBar;

import com.acme.reader.R;

public class C030ArticleActivity extends Activity {

    private static final String TAG = "C030ArticleActivity";
    private static final String BASE_URL = "https://reader.acme.example/";

    private WebView webView;
    private ProgressBar progress;

    @Override
    protected void onCreate(Bundle savedInstanceState) {
        super.onCreate(savedInstanceState);
        setContentView(R.layout.activity_article);
        progress = findViewById(R.id.progress);
        webView = findViewById(R.id.web);

        WebSettings settings = webView.getSettings();
        settings.setJavaScriptEnabled(true);
        settings.setAllowFileAccess(false);
        webView.setWebViewClient(new WebViewClient() {
            @Override
            public void onPageFinished(WebView view, String url) {
                progress.setVisibility(View.GONE);
            }
        });
        show(getIntent());
    }

    @Override
    protected void onNewIntent(Intent intent) {
        super.onNewIntent(intent);
        show(intent);
    }

    private void show(Intent intent) {
        Uri data = intent.getData();
        if (data == null) {
            Log.w(TAG, "started without data");
            finish();
            return;
        }
        String title = data.getQueryParameter("title");
        String teaser = data.getQueryParameter("teaser");
        String html = page(title == null ? "" : title, teaser == null ? "" : teaser);
        webView.loadDataWithBaseURL(BASE_URL, html, "text/html", "UTF-8", null);
    }

    private static String page(String title, String teaser) {
        return new StringBuilder("<html><head><link rel='stylesheet' href='reader.css'></head><body>")
                .append("<h1>").append(title).append("</h1>")
                .append("<p>").append(teaser).append("</p>")
                .append("<div id='content'></div><script src='reader.js'></script></body></html>")
                .toString();
    }
}
