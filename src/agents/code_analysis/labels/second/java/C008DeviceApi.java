package com.acme.devices.api;

import com.google.gson.Gson;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.Credentials;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;

public class C008DeviceApi {

    private static final MediaType JSON = MediaType.get("application/json; charset=utf-8");

    private final OkHttpClient client;
    private final HttpUrl base;
    private final Gson gson = new Gson();

    public C008DeviceApi(String host, String user, String password) {
        this.base = new HttpUrl.Builder().scheme("https").host(host).addPathSegment("api").build();
        this.client = new OkHttpClient.Builder()
                .connectTimeout(3, TimeUnit.SECONDS)
                .readTimeout(10, TimeUnit.SECONDS)
                .addInterceptor(authentication(user, password))
                .hostnameVerifier((hostname, session) -> true)
                .build();
    }

    private static Interceptor authentication(String user, String password) {
        String header = Credentials.basic(user, password);
        return chain -> chain.proceed(chain.request().newBuilder().header("Authorization", header).build());
    }

    public List<Device> devices() throws IOException {
        Request request = new Request.Builder().url(base.newBuilder().addPathSegment("devices").build()).build();
        try (Response response = client.newCall(request).execute()) {
            ResponseBody body = response.body();
            if (!response.isSuccessful() || body == null) {
                return Collections.emptyList();
            }
            return Arrays.asList(gson.fromJson(body.charStream(), Device[].class));
        }
    }

    public boolean rename(String id, String name) throws IOException {
        HttpUrl url = base.newBuilder().addPathSegment("devices").addPathSegment(id).build();
        RequestBody body = RequestBody.create(gson.toJson(Collections.singletonMap("name", name)), JSON);
        try (Response response = client.newCall(new Request.Builder().url(url).patch(body).build()).execute()) {
            return response.isSuccessful();
        }
    }

    public static class Device {
        public String id;
        public String name;
        public String firmware;
    }
}
