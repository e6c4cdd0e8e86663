package com.acme.portal;

import java.util.Map;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.view.RedirectView;

@Controller
public class ReturnTargets {

    private static final Map<String, String> PAGES = Map.of(
            "home", "/",
            "orders", "/account/orders",
            "settings", "/account/settings");

    private final LocaleStore locales;

    public ReturnTargets(LocaleStore locales) {
        this.locales = locales;
    }

    @PostMapping("/locale")
    public RedirectView changeLocale(@RequestParam String tag, @RequestParam(defaultValue = "home") String page) {
        locales.select(tag);
        RedirectView view = new RedirectView(PAGES.getOrDefault(page, "/"), true);
        view.setExposeModelAttributes(false);
        return view;
    }
}
