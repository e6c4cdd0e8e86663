package com.acme.docs.web;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import javax.servlet.http.HttpServletResponse;
import org.apache.commons.io.IOUtils;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseBody;

@Controller
@RequestMapping("/manuals")
public class C012ManualDownloadController {

    @Value("${manuals.dir:/srv/manuals}")
    private String baseDir;

    @GetMapping(produces = MediaType.APPLICATION_JSON_VALUE)
    @ResponseBody
    public List<String> list() {
        File[] files = new File(baseDir).listFiles(File::isFile);
        if (files == null) {
            return Collections.emptyList();
        }
        return Arrays.stream(files).map(File::getName).sorted().collect(Collectors.toList());
    }

    @GetMapping("/file")
    public void download(@RequestParam("name") String name,
                         @RequestParam(value = "lang", defaultValue = "en") String lang,
                         HttpServletResponse response) throws IOException {
        File file = resolve(lang, name);
        if (!file.isFile()) {
            response.sendError(HttpServletResponse.SC_NOT_FOUND);
            return;
        }
        response.setContentType(MediaType.APPLICATION_OCTET_STREAM_VALUE);
        response.setContentLengthLong(file.length());
        response.setHeader("Content-Disposition", "attachment");
        try (InputStream in = new FileInputStream(file)) {
            IOUtils.copy(in, response.getOutputStream());
        }
    }

    private File resolve(String lang, String name) {
        String relative = "de".equals(lang) ? "de/" + name : name;
        return new File(baseDir + File.separator + relative);
    }
}
