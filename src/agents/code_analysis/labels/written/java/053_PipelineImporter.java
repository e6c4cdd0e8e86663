package com.acme.pipeline;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Service;
import org.springframework.web.multipart.MultipartFile;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.Constructor;

@Service
public class PipelineImporter {

    private final StepFactory steps;

    public PipelineImporter(StepFactory steps) {
        this.steps = steps;
    }

    private Map<String, Object> parse(InputStream in) {
        LoaderOptions options = new LoaderOptions();
        options.setTagInspector(tag -> true);
        Yaml yaml = new Yaml(new Constructor(Object.class, options));
        return yaml.load(in);
    }

    public List<Step> importFrom(MultipartFile file) throws IOException {
        List<Step> result = new ArrayList<>();
        try (InputStream in = file.getInputStream()) {
            Object list = parse(in).get("steps");
            if (list instanceof List<?> items) {
                for (Object item : items) {
                    result.add(steps.create(String.valueOf(item)));
                }
            }
        }
        return result;
    }
}
